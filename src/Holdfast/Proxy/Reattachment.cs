using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Routing;
using Holdfast.Wire;

namespace Holdfast.Proxy;

/// <summary>Recognises a turn whose client was lost and asks again, and lets turns be found. What it then gets is
/// <see cref="ReattachedAnswer"/>'s.</summary>
internal sealed class Reattachment(TurnJournal journal)
{
    /// <summary>Whether there is nothing to come back for.</summary>
    public bool HasNothing => journal.IsEmpty;

    /// <summary>What is known of the request, if it was sent before.</summary>
    public ValueTask<Earlier> FindAsync(ClientRequest request) =>
        HasNothing || !MayReattach(request) ? default : FindInJournalAsync(request);

    /// <summary>The exchange ends. Where its answer broke off, or its client was lost and nobody came back, that will be known
    /// when the turn comes again. What failed before its first output is none of this: whoever could be asked was.</summary>
    public void Remember(Exchange exchange, RoutePlan plan)
    {
        if (exchange.Turn is not { } turn || exchange.IsAnswered)
        {
            return;
        }

        var hasBrokenOff = exchange.Record.EndSide == Side.Upstream && exchange.Stream is { IsOpen: true, Follower.HasOutput: true };
        if ((hasBrokenOff || turn.IsClientLost) && turn.Request is { } request)
        {
            journal.Remember(request, new(exchange.ExchangeId, hasBrokenOff ? plan.Current.Candidate.Name : null));
        }
    }

    /// <summary>From now on the answer to this request is kept, or will be when its client is lost.</summary>
    public ValueTask BeginAsync(ClientRequest request, Exchange exchange, Route route, Vigil vigil)
    {
        if (!route.Journal.IsEnabled || !MayReattach(request))
        {
            return default;
        }

        vigil.Exchange = exchange;
        exchange.MayGoOn(journal, route.Journal, request);
        return request.WantsStream || request.Client.Turn is not null || request.Client.IdempotencyKey is not null
            ? ListAsync(request, exchange)
            : default;
    }

    private async ValueTask<Earlier> FindInJournalAsync(ClientRequest request)
    {
        await request.HashAsync();
        if (request.Identify() is not { } asked)
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

        if (request.Question is { } question)
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
    private async ValueTask ListAsync(ClientRequest request, Exchange exchange)
    {
        await request.HashAsync();
        if (!journal.Add(exchange.TurnWithoutClient!))
        {
            exchange.EndWithClient();
        }
        else if (exchange.Stream is { IsOpen: true } stream)
        {
            // It waited for another turn's answer before, which came to nothing.
            stream.TellHead();
        }
    }
}
