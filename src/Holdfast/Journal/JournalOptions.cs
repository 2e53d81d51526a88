namespace Holdfast.Journal;

/// <summary>How turns go on whose client was lost, and how long they wait for it to ask again. Section <c>journal</c>; a
/// route may have settings of its own.</summary>
public sealed class JournalOptions
{
    /// <summary>Whether the answer to a turn is kept while it is made, so that a client that was cut off and asks again gets
    /// what it missed, without another call upstream. Default true. A request says no for itself with
    /// <c>holdfast-turn: none</c>.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Whether Claude Code gets the rest of a lost answer out of the journal when it comes back with the blocks it
    /// has (it does once a block of text was whole) and asks to go on. Where it is false, or the rest holds thinking, that is
    /// a request like any other. Default true.</summary>
    public bool Resume { get; set; } = true;

    /// <summary>How long the upstream is read on after the client was lost; then it is cancelled. What it generates
    /// meanwhile is paid for, whether or not the client comes back. Default 20 s.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an answer that became whole without its client waits to be fetched. Default 2 min.</summary>
    public TimeSpan Keep { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Largest answer that is kept; one that outgrows it goes on to its client and cannot be fetched again.
    /// Default 16 MiB, 64 KiB to 1 GiB.</summary>
    public long MaxTurnBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How much is kept in all, of every turn together. Whole answers nobody fetched go first, to disk or
    /// for good, the oldest before the others; then a turn that grows is kept no longer. Default 256 MiB, 1 MiB to 64 GiB.</summary>
    public long MaxBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>How much disk may be taken by whole answers nobody has fetched yet, once more than half of <c>maxBytes</c> is
    /// taken: the oldest go first, encrypted with a key that this process alone holds, into a file without a name in
    /// Holdfast's own folder. Nothing of it is left when the process ends, however it ends. Default 1 GiB, to 1 TiB; 0: memory
    /// only.</summary>
    public long MaxDiskBytes { get; set; } = 1024 * 1024 * 1024;
}

/// <summary>The journal of one route. Section <c>journal</c> of a route; what is not given is as everywhere else.</summary>
public sealed class RouteJournalOptions
{
    /// <summary>As <c>journal.enabled</c>.</summary>
    public bool? Enabled { get; set; }

    /// <summary>As <c>journal.linger</c>.</summary>
    public TimeSpan? Linger { get; set; }

    /// <summary>As <c>journal.keep</c>.</summary>
    public TimeSpan? Keep { get; set; }
}
