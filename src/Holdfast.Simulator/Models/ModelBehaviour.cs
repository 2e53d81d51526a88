namespace Holdfast.Simulator.Models;

/// <summary>How a stream of a model ends when it does not end well.</summary>
internal enum ModelEnding
{
    Well,
    Reset,
    HalfClose,
    ErrorEvent,
    CleanWithoutTerminal,
    ResetAfterHeaders,
}

/// <summary>What the parts of a model name ask for. See docs/simulator.md for the table of parts.</summary>
internal sealed record ModelBehaviour
{
    public TimeSpan Delay { get; init; }

    public int Deltas { get; init; } = 5;

    public TimeSpan Interval { get; init; }

    public int? DeltaBytes { get; init; }

    public bool Pings { get; init; }

    public ModelEnding Ending { get; init; }

    /// <summary>After how many deltas the <see cref="Ending"/> comes.</summary>
    public int EndingAfter { get; init; }

    public int? StallAfter { get; init; }

    public TimeSpan Stall { get; init; } = Timeout.InfiniteTimeSpan;

    public int? Status { get; init; }

    public int? RetryAfter { get; init; }

    /// <summary>How many requests of this model name suffer its faults; null: all.</summary>
    public int? Fails { get; init; }

    public bool Gzip { get; init; }

    public bool Json { get; init; }

    public int Thinking { get; init; }

    public bool Tool { get; init; }

    public bool Echo { get; init; }

    public bool Strict { get; init; }

    /// <summary>This model on a good day: shape and pace stay, everything that goes wrong is gone.</summary>
    public ModelBehaviour Well() => this with
    {
        Ending = ModelEnding.Well,
        StallAfter = null,
        Status = null,
        RetryAfter = null,
        Gzip = false,
        Json = false,
    };
}
