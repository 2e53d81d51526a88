using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.EndToEnd.Agents;

/// <summary>How far an answer had come when something broke.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="EventsIn">How many of an answer's events are out by then.</param>
internal sealed record BreakPoint(string Name, Func<IReadOnlyList<TranscriptEvent>, int> EventsIn)
{
    /// <summary>Nothing of the answer.</summary>
    public static readonly BreakPoint Nothing = new("nothing", _ => 0);

    /// <summary>What opens it, without output; Gemini has nothing of that kind.</summary>
    public static readonly BreakPoint Opening = new("its opening", Opened);

    /// <summary>Some thinking.</summary>
    public static readonly BreakPoint Thinking = new("thinking", events => Opened(events) + 1);

    /// <summary>Some of a text.</summary>
    public static readonly BreakPoint Text = new("text", events => Opened(events) + 2);

    /// <summary>A whole text, but not that nothing follows it. Messages and Responses say so.</summary>
    public static readonly BreakPoint FinishedText = new("a finished text", events =>
        events.Count - events.Reverse().TakeWhile(e => !IsEndOfBlock(e)).Count());

    /// <summary>The first of two texts, whole. Messages only.</summary>
    public static readonly BreakPoint FirstOfTwoTexts = new("the first of two texts", events =>
        events.TakeWhile(e => !IsEndOfBlock(e)).Count() + 1);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BreakPoint> All { get; } = [Nothing, Opening, Thinking, Text, FinishedText, FirstOfTwoTexts];

    /// <summary>The one of this name.</summary>
    public static BreakPoint Named(string name) => All.Single(point => point.Name == name);

    /// <summary>A healthy answer in which something happens at this point.</summary>
    /// <param name="happens">What: given the answer and how many of its events come before.</param>
    public Answer In(Func<Answer, int, Answer> happens) => Answer.Choose(request =>
    {
        var transcript = Transcript.Of(request.Protocol, new TranscriptShape
        {
            Model = request.Model ?? "sim",
            Thinking = this == Thinking ? ["The simulator ", "pretends "] : [],
            SecondText = this == FirstOfTwoTexts ? "Holdfast simulator: your setup works, and this is the rest." : null,
        });
        return happens(Answer.Sse(transcript), EventsIn(transcript.Events));
    });

    private static int Opened(IReadOnlyList<TranscriptEvent> events) => events.TakeWhile(e => e.Role != EventRole.Delta).Count();

    private static bool IsEndOfBlock(TranscriptEvent e) => Encoding.UTF8.GetString(e.Bytes.Span) is var text
        && (text.StartsWith("event: content_block_stop", StringComparison.Ordinal)
            || text.StartsWith("event: response.output_item.done", StringComparison.Ordinal));
}
