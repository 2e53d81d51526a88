using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Models;

/// <summary>Translates a model's behaviour into an answer's script and content. Pure.</summary>
internal static class ModelFaults
{
    public static (Answer Answer, AnswerContent Content) Apply(Answer answer, ModelBehaviour b, in ModelRequest request)
    {
        if (b.Status is { } status)
        {
            return (answer, ProtocolTexts.ErrorContent(request.Protocol, status, retryAfter: b.RetryAfter));
        }

        answer = b.Gzip ? answer.Gzip() : answer;
        if (b is { Ending: ModelEnding.Reset, EndingAfter: 0 })
        {
            return (answer.ResetBeforeHeaders(), AnswerContent.Json(request.Protocol, 200, ""));
        }

        if (b is { Ending: ModelEnding.HalfClose, EndingAfter: 0 })
        {
            return (answer.FinBeforeHeaders(), AnswerContent.Json(request.Protocol, 200, ""));
        }

        var shape = Shape(b, request);
        return request.Stream && !b.Json && request.FixedBody is null
            ? Streamed(answer, b, Transcript.Of(request.Protocol, shape))
            : Whole(answer, b, request, request.FixedBody ?? Transcript.WholeOf(request.Protocol, shape));
    }

    private static TranscriptShape Shape(ModelBehaviour b, in ModelRequest request) => new()
    {
        Model = TemplateFile.Escape(request.Model),
        Deltas = SimulatorText.Deltas(b.Deltas, b.DeltaBytes),
        Thinking = SimulatorText.Thoughts(b.Thinking),
        // An agent sends the tool's result back to the same model name: the second answer is text.
        ToolCall = b.Tool && !request.HoldsToolResult,
        Pings = b.Pings,
        IncludeUsage = request.IncludeUsage,
        JsonArray = request.JsonArray,
    };

    private static (Answer Answer, AnswerContent Content) Streamed(
        Answer answer,
        ModelBehaviour b,
        Transcript transcript)
    {
        if (b.StallAfter is { } stall)
        {
            answer = answer.SilentAfter(transcript.EventsUntilDelta(stall), b.Stall);
        }

        var end = transcript.EventsUntilDelta(b.EndingAfter);
        answer = b.Ending switch
        {
            ModelEnding.ResetAfterHeaders => answer.ResetAfter(bytes: 0),
            ModelEnding.Reset => answer.ResetAfterEvent(end),
            ModelEnding.HalfClose => answer.FinInsideEvent(end),
            ModelEnding.ErrorEvent => answer.ErrorEventAfter(end),
            ModelEnding.CleanWithoutTerminal => answer.CleanEndAfterEvent(end),
            _ => answer,
        };
        return (answer, Paced(AnswerContent.Stream(transcript), b.Interval));
    }

    /// <summary>A whole answer takes as long as its stream would, and breaks in the middle of its body.</summary>
    private static (Answer Answer, AnswerContent Content) Whole(
        Answer answer,
        ModelBehaviour b,
        in ModelRequest request,
        string body)
    {
        var half = body.Length / 2;
        var intervals = request.FixedBody is null ? Math.Max(0, b.Deltas + b.Thinking - 1) : 0;
        if (answer.HeadDelay >= TimeSpan.Zero)
        {
            answer = answer.DelayHeaders(answer.HeadDelay + (b.Interval * intervals));
        }

        var content = AnswerContent.Json(request.Protocol, 200, body);
        if (b.StallAfter is not null)
        {
            var bytes = content.Pieces[0].Bytes;
            content = content with { Pieces = [new(bytes[..half], default), new(bytes[half..], EventRole.Terminal)] };
            answer = answer.SilentAfter(1, b.Stall);
        }

        return b.Ending switch
        {
            ModelEnding.ResetAfterHeaders => (answer.ResetAfter(bytes: 0), content),
            ModelEnding.Reset => (answer.ResetAfter(half), content),
            ModelEnding.HalfClose => (answer.FinAfter(half), content),
            ModelEnding.CleanWithoutTerminal => (answer.Chunked().CleanEndAfter(half), content),
            ModelEnding.ErrorEvent => (answer, ProtocolTexts.ErrorContent(request.Protocol, 500)),
            _ => (answer, content),
        };
    }

    /// <summary>Puts the interval between any two deltas; a ping between them stands in its middle.</summary>
    private static AnswerContent Paced(AnswerContent content, TimeSpan interval)
    {
        if (interval == TimeSpan.Zero)
        {
            return content;
        }

        var pieces = content.Pieces.ToArray();
        var deltas = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            var afterPing = i > 0 && pieces[i - 1].Role == EventRole.Ping;
            pieces[i] = pieces[i].Role switch
            {
                EventRole.Ping => pieces[i] with { Wait = interval / 2 },
                EventRole.Delta when deltas++ > 0 => pieces[i] with { Wait = afterPing ? interval / 2 : interval },
                _ => pieces[i],
            };
        }

        return content with { Pieces = pieces };
    }
}
