
namespace Holdfast.Journal;

/// <summary>The turn of one exchange, which is made when somebody needs it: most answers reach their client, and need none.
/// Used by the exchange's loop.</summary>
/// <param name="exchangeId">The exchange.</param>
internal sealed class PendingTurn(string exchangeId)
{
    private (TurnJournal Journal, TurnTerms Terms, ITurnSource Asked, ITurnClient Client)? _goesOn;
    private (string? Upstream, string? Model) _server;

    /// <summary>The turn, if it has been made.</summary>
    public Turn? Made { get; private set; }

    /// <summary>Who serves it, for the records of those who come back.</summary>
    public (string? Upstream, string? Model) Server
    {
        set
        {
            _server = value;
            Made?.Server = value;
        }
    }

    /// <summary>The answer may go on without its client.</summary>
    public void MayGoOn(TurnJournal journal, TurnTerms terms, ITurnSource asked, ITurnClient client) =>
        _goesOn = (journal, terms, asked, client);

    /// <summary>The answer ends with its client after all. Who waits for it asks anew.</summary>
    public void EndWithClient()
    {
        _goesOn = null;
        Made?.Finish(TurnEnd.Failed);
    }

    /// <summary>The turn, made now if it was not before; null where the answer ends with its client.</summary>
    public Turn? Make() => Made ??= _goesOn is { } on
        ? new Turn(on.Journal, on.Terms, exchangeId, on.Client, on.Asked) { Server = _server }
        : null;

    /// <summary>Whether somebody may come back for the answer of a client that has left, or has.</summary>
    public bool IsWanted => Make()?.IsWanted == true;

    /// <summary>What became of the answer of a client that was lost; null where it reached its client.</summary>
    public (bool IsOutgrown, bool IsLost) Fate => (Made?.IsOutgrown == true, Made?.IsClientLost == true);
}
