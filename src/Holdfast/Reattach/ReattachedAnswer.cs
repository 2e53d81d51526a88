using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Exchanges;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Passages;

namespace Holdfast.Reattach;

/// <summary>Hands a client that was lost and asks again the answer that was made meanwhile: whole, put together, or what is
/// left of it. Nothing is asked upstream a second time.</summary>
internal static class ReattachedAnswer
{
    /// <summary>Answers from the journal: what is there at once, and the rest as it comes.</summary>
    /// <returns>How that ended; null where no answer came of it after all and nothing but keepalives was sent: then the request is
    /// one like any other.</returns>
    public static async ValueTask<AttemptResult?> TellAsync(
        Turn turn, ClientRequest request, Exchange exchange, ClientAnswer answer, Vigil vigil)
    {
        if (TurnSource.Attach(turn, request, answer, vigil) is not { } source)
        {
            return null;
        }

        using var reading = source;
        if (Final(await source.WaitForHeadAsync(), exchange, answer) is { } over)
        {
            return over;
        }

        if (turn.Head is not { } head || (!head.IsStream && turn.End != TurnEnd.Whole))
        {
            return null;
        }

        if (head.IsStream && !request.WantsStream)
        {
            var assembled = await AssembledAnswer.TellAsync(source, head, request, exchange, answer, vigil);
            NoteAllRead();
            return assembled;
        }

        exchange.Flight.Repeats(turn.ExchangeId, turn.Server);
        var result = await RelayAsync(source, head, request, exchange, answer, vigil);
        NoteAllRead();
        return result;

        void NoteAllRead()
        {
            if (exchange.Flight.Record.End == ExchangeEnd.Completed)
            {
                source.NoteAllRead();
            }
        }
    }

    /// <summary>What ends the exchange, and not only the reading of a turn; null where the reading came to its end.</summary>
    public static AttemptResult? Final(BodyRead end, Exchange exchange, ClientAnswer answer)
    {
        if (end.ClientGone)
        {
            exchange.Flight.ClientLeft();
            return AttemptResult.Answered.Value;
        }

        return end.Lost is { } lost && (lost == ErrorCodes.GatewayStopped || lost == ErrorCodes.TotalTimeout)
            ? new AttemptResult.Failed(exchange.Phase, lost)
            : null;
    }

    private static async ValueTask<AttemptResult> RelayAsync(
        TurnSource source, TurnHead kept, ClientRequest request, Exchange exchange, ClientAnswer answer, Vigil vigil)
    {
        var head = AnswerHead.Of(kept);
        var turn = source.Turn;
        var isModelReplaced = turn.Server.Model is { } model && model != request.Model;
        if (!kept.IsStream)
        {
            answer.Begin(
                head with { Length = turn.Length },
                turn.IsRepaired ? Fidelity.Repaired : Passage.Exact.Fidelity(isModelReplaced));
            return await new FlowRelay(source, answer, exchange, vigil).RunAsync();
        }

        // What was kept is what a client got: it passes as it is, whatever passage it took before.
        var passage = Passage.Exact.Stream(request.Path, answer.ContextOf(request, kept.IsArray), isModelReplaced);
        if (turn.IsRepaired)
        {
            passage.MarkRepaired();
        }

        answer.Stream.Expect(head, passage);
        answer.Stream.Begin();
        var result = await new StreamRelay(source, passage, answer, exchange, vigil).RunAsync();
        if (turn.IsRepaired)
        {
            exchange.Flight.Opened(Fidelity.Repaired);
        }

        return result;
    }
}
