namespace Holdfast.Journal;

/// <summary>A client of a turn: the one that asked, or one that came back. Asked only while its request runs.</summary>
internal interface ITurnClient
{
    /// <summary>Whether its connection is closed.</summary>
    bool IsGone { get; }

    /// <summary>The same, also of a connection that looks open and is dead. Asks the system.</summary>
    bool IsLost { get; }

    /// <summary>Whether it has the head of an answer.</summary>
    bool HasHead { get; }

    /// <summary>It is served elsewhere now.</summary>
    void Abort();
}

/// <summary>Who came back for a turn, and how far it has read.</summary>
internal sealed class TurnReader(Turn turn, ITurnClient client, Action wake)
{
    /// <summary>Whether its own client is lost.</summary>
    public bool IsLost => client.IsLost;

    /// <summary>How many bytes it has read.</summary>
    public long Position { get; set; }

    /// <summary>Whether another one reads in its place.</summary>
    public bool IsTakenOver { get; private set; }

    /// <summary>Whether it has all there will ever be.</summary>
    public bool IsExhausted => turn.IsExhausted(this);

    /// <summary>Reads what is there; 0 where there is nothing now.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> target) => turn.ReadAsync(this, target);

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
