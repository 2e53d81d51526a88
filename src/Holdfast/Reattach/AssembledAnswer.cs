using System.Buffers;
using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Exchanges;
using Holdfast.Journal;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire;

namespace Holdfast.Reattach;

/// <summary>A stream that was lost, as one answer: Claude Code's fallback asks for it so.</summary>
internal static class AssembledAnswer
{
    /// <summary>Puts the answer together once it is whole. Null where it does not become whole.</summary>
    public static async ValueTask<AttemptResult?> TellAsync(
        TurnSource source, TurnHead head, ClientRequest request, Exchange exchange, ClientAnswer answer, Vigil vigil)
    {
        var assembler = request.Path.Protocol.Assemble();
        vigil.UpstreamSilence.Start(request.Client.Known.LongestAssembly);
        var end = await source.ReadFramesAsync(AnswerHead.Of(head).Framing!.Value, frame =>
        {
            assembler.Add(frame);
            return true;
        });
        vigil.UpstreamSilence.Stop();
        if (ReattachedAnswer.Final(end, exchange, answer) is { } over)
        {
            return over;
        }

        if (source.Turn.End != TurnEnd.Whole || assembler.Finish() is not { } whole)
        {
            return null;
        }

        exchange.Flight.Repeats(source.Turn.ExchangeId, source.Turn.Server);
        if (answer.IsLost)
        {
            exchange.Flight.ClientLeft();
            return AttemptResult.Answered.Value;
        }

        await answer.WriteWholeAsync(
            AnswerHead.OfDocument(StatusCodes.Status200OK), new ReadOnlySequence<byte>(whole), Fidelity.Assembled);
        answer.Complete();
        return AttemptResult.Answered.Value;
    }
}
