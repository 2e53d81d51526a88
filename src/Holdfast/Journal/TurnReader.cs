namespace Holdfast.Journal;

/// <summary>A client of a turn: the one that asked, or one that came back.</summary>
/// <param name="http">Its request. Closed only while it runs.</param>
internal readonly struct TurnClient(HttpContext http)
{
    // A token outlives its request, whose other properties do not.
    private readonly CancellationToken _gone = http.RequestAborted;

    /// <summary>Whether its connection is closed.</summary>
    public bool IsGone => _gone.IsCancellationRequested;

    /// <summary>It is served elsewhere now.</summary>
    public void Abort() => http.Abort();
}

/// <summary>Who came back for a turn, and how far it has read.</summary>
internal sealed class TurnReader(Turn turn, TurnClient client, Action wake)
{
    /// <summary>Whether its own client is lost.</summary>
    public bool IsGone => client.IsGone;

    /// <summary>How many bytes it has read.</summary>
    public long Position { get; set; }

    /// <summary>Whether another one reads in its place.</summary>
    public bool IsTakenOver { get; private set; }

    /// <summary>Whether it has all there will ever be.</summary>
    public bool IsExhausted => turn.IsExhausted(this);

    /// <summary>Reads what is there.</summary>
    public int Read(Span<byte> target) => turn.Read(this, target);

    /// <summary>It is done.</summary>
    /// <param name="hasAll">Whether its client has the whole answer.</param>
    public void Leave(bool hasAll) => turn.Detach(this, hasAll);

    /// <summary>There may be more to read.</summary>
    public void Wake() => wake();

    /// <summary>Another one reads in its place.</summary>
    public void TakeOver()
    {
        IsTakenOver = true;
        client.Abort();
        wake();
    }
}
