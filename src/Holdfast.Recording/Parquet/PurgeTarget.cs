using Holdfast.Recording.Privacy;

namespace Holdfast.Recording.Parquet;

/// <summary>What is to be purged.</summary>
internal abstract record PurgeTarget
{
    private PurgeTarget()
    {
    }

    /// <summary>One session, as its client or the table of messages names it.</summary>
    public sealed record OfSession(string Session) : PurgeTarget;

    /// <summary>A directory and all below it.</summary>
    public sealed record OfDirectory(string Directory) : PurgeTarget;

    /// <summary>The days before this one, in UTC.</summary>
    public sealed record Before(DateOnly Day) : PurgeTarget;

    /// <summary>What these rules would ignore now, and the rows that say that something was ignored.</summary>
    public sealed record Ignored(PrivacyRules Rules) : PurgeTarget;

    /// <summary>Everything.</summary>
    public sealed record All : PurgeTarget;
}

/// <summary>How many rows of each table.</summary>
internal readonly record struct PurgeCounts(long Exchanges, long Messages, long SocketEvents)
{
    public bool IsNone => this == default;
}
