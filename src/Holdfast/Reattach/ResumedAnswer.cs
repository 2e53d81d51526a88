using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Exchanges;
using Holdfast.Journal;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire.Anthropic;
using Holdfast.Wire.Passages;
using Holdfast.Wire.Protocols;

namespace Holdfast.Reattach;

/// <summary>The rest of an answer for a client that has its beginning, and asks to go on behind it.</summary>
internal static class ResumedAnswer
{
    /// <summary>The rest of a longer answer is generated anew.</summary>
    private const long LongestRest = 4 * 1024 * 1024;

    /// <summary>Sends the rest once the answer is whole. Null where it must be generated anew.</summary>
    public static async ValueTask<AttemptResult?> TellAsync(
        Turn turn, ClientRequest request, Exchange exchange, ClientAnswer answer, Vigil vigil)
    {
        if (request.Path.Protocol != WireProtocols.Anthropic || !request.WantsStream
            || MessageRest.AskedBy(request.Body) is not { } rest
            || TurnSource.Attach(turn, request, answer, vigil) is not { } source)
        {
            return null;
        }

        using var reading = source;
        var end = await source.WaitForHeadAsync();
        if (end is { Lost: null, ClientGone: false } && turn.Head is { IsStream: true } head)
        {
            vigil.UpstreamSilence.Start(request.Client.Known.LongestAssembly);
            end = await source.ReadFramesAsync(
                AnswerHead.Of(head).Framing!.Value, frame => rest.Add(frame) && rest.Length <= LongestRest);
            vigil.UpstreamSilence.Stop();
        }

        if (ReattachedAnswer.Final(end, exchange, answer) is { } over)
        {
            return over;
        }

        if (turn.End != TurnEnd.Whole || rest.Finish() is not { } frames)
        {
            return null;
        }

        exchange.Flight.Repeats(turn.ExchangeId, turn.Server);
        if (answer.IsLost)
        {
            exchange.Flight.ClientLeft();
            return AttemptResult.Answered.Value;
        }

        await WriteAsync(frames, AnswerHead.Of(turn.Head!), request, exchange, answer);
        source.NoteAllRead();
        return AttemptResult.Answered.Value;
    }

    private static async ValueTask WriteAsync(
        IEnumerable<byte[]> frames, AnswerHead head, ClientRequest request, Exchange exchange, ClientAnswer answer)
    {
        var passage = Passage.Exact.Stream(request.Path, answer.ContextOf(request), isModelReplaced: false);
        passage.MarkRepaired();
        answer.Stream.Expect(head, passage);
        foreach (var frame in frames)
        {
            answer.Stream.Write(passage.Pass(frame));
            exchange.Flight.EventPassed(passage.Upstream);
        }

        await answer.FlushAsync();
        exchange.Flight.AnswerSaid(passage.Upstream.Model, usage: null);
        answer.Complete();
    }
}
