using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Clients;
using Holdfast.Exchanges;
using Holdfast.Journal;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Vigils;
using Holdfast.Wire.Protocols;

namespace Holdfast.Reattach;

/// <summary>Recognises a turn whose client was lost and asks again, answers it, and lets turns be found.</summary>
internal sealed class Reattachment(TurnJournal journal, GatewayMetrics metrics, ILogger<Reattachment> logger)
{
    /// <summary>Whether there is nothing to come back for.</summary>
    public bool HasNothing => journal.IsEmpty;

    /// <summary>What is known of the request, if it was sent before.</summary>
    public ValueTask<Earlier> FindAsync(ClientRequest request) =>
        HasNothing || !MayReattach(request) ? default : FindInJournalAsync(request);

    /// <summary>Answers a request that was sent before. Null where there is no answer to it: it is one like any other then.</summary>
    public async ValueTask<AttemptResult?> TellAsync(
        Earlier earlier, ClientRequest request, Exchange exchange, ClientAnswer answer, Vigil vigil)
    {
        answer.Wait(request, vigil);
        AttemptResult? told;
        if (earlier.Turn is { } turn)
        {
            told = await ReattachedAnswer.TellAsync(turn, request, exchange, answer, vigil);
        }
        else
        {
            told = journal.Options.Resume
                ? await ResumedAnswer.TellAsync(earlier.Cut!, request, exchange, answer, vigil)
                : null;
            if (told is null)
            {
                // It goes on elsewhere.
                earlier.Cut!.Dismiss();
            }
        }

        var record = exchange.Flight.Record;
        if (record.Reattached)
        {
            metrics.Reattached(record.Protocol, record.Upstream);
            logger.Reattached(record.ExchangeId, record.RetryOf!);
        }

        return told;
    }

    /// <summary>The exchange ends. Where its answer broke off, or its client was lost and nobody came back, that will be known
    /// when the turn comes again. What failed before its first output is none of this: whoever could be asked was.</summary>
    public void Remember(Exchange exchange, ClientAnswer answer, RoutePlan plan)
    {
        if (exchange.Turn.Made is not { } turn || exchange.Flight.IsAnswered)
        {
            return;
        }

        var hasBrokenOff = exchange.Flight.Record.EndSide == Side.Upstream && answer.Stream.HasOutput;
        if ((hasBrokenOff || turn.IsClientLost) && turn.Request is { } request)
        {
            journal.Remember(request, new(exchange.ExchangeId, hasBrokenOff ? plan.Current.Candidate.Name : null));
        }
    }

    /// <summary>From now on the answer to this request is kept, or will be when its client is lost.</summary>
    public ValueTask BeginAsync(ClientRequest request, Exchange exchange, ClientAnswer answer, Vigil vigil)
    {
        if (!exchange.Route!.Journal.IsEnabled || !MayReattach(request))
        {
            return default;
        }

        vigil.Turn = exchange.Turn;
        exchange.Turn.MayGoOn(journal, exchange.Route.Journal, request.Identity, answer);
        return request.WantsStream || request.Client.Turn is not null || request.Client.IdempotencyKey is not null
            ? ListAsync(request, exchange, answer)
            : default;
    }

    private async ValueTask<Earlier> FindInJournalAsync(ClientRequest request)
    {
        await request.Identity.HashAsync();
        if (request.Identity.Identify() is not { } asked)
        {
            return default;
        }

        if (journal.Find(asked) is { } turn)
        {
            return new(turn, null);
        }

        if (journal.TakeEnded(asked.Key) is { } ended)
        {
            return new(null, ended);
        }

        if (request.Identity.Question is { } question)
        {
            if (journal.FindCut(question) is { } cut)
            {
                return new(null, null, cut);
            }

            if (journal.TakeEnded(question) is { } broken)
            {
                return new(null, broken);
            }
        }

        journal.MoveOn(asked);
        return default;
    }

    private static bool MayReattach(ClientRequest request) =>
        request.Path.Operation == WireOperation.Generate && request.Client.Turn != ClientHeaders.NoTurn;

    /// <summary>Lets the turn be found from its beginning: a stream's body will be gone when its client may be, and what is
    /// named may be asked for again while its client still looks alive.</summary>
    private async ValueTask ListAsync(ClientRequest request, Exchange exchange, ClientAnswer answer)
    {
        await request.Identity.HashAsync();
        if (journal.Add(exchange.Turn.Make()!))
        {
            // It may have waited for another turn's answer before, which came to nothing.
            answer.TellHead();
        }
        else
        {
            exchange.Turn.EndWithClient();
        }
    }
}
