namespace Holdfast.Failover;

/// <summary>A failure as a client is told it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The error's type, where another one is told than the upstream's.</param>
/// <param name="Code">The error's code, where another one is told than the upstream's.</param>
/// <param name="RetryAfter">When the client may come back, where it is told so.</param>
internal readonly record struct ToldFailure(int Status, string? Type, string? Code, TimeSpan? RetryAfter);

/// <summary>What makes a client's own retries help, as data: when it applies, and what is told then. It applies where all it
/// names hold. Pure.</summary>
internal sealed class ErrorAdjustment
{
    /// <summary>The statuses it applies to; to all if empty.</summary>
    public int[] Statuses { get; init; } = [];

    /// <summary>The reasons of the classifier it applies to, by their words; to all if empty.</summary>
    public string[] Reasons { get; init; } = [];

    /// <summary>The codes or types of errors it applies to; to all if empty.</summary>
    public string[] Codes { get; init; } = [];

    /// <summary>The status that is told; the upstream's if null.</summary>
    public int? Status { get; init; }

    /// <summary>The error's type that is told; the upstream's if null.</summary>
    public string? Type { get; init; }

    /// <summary>The error's code that is told; the upstream's if null.</summary>
    public string? Code { get; init; }

    /// <summary>How long the client is told to wait where the upstream does not say.</summary>
    public TimeSpan? UsualRetryAfter { get; init; }

    /// <summary>How long the client may be told to wait at most: beyond that it would give up.</summary>
    public TimeSpan? LongestRetryAfter { get; init; }

    /// <summary>Whether it applies to a failure.</summary>
    public bool AppliesTo(ToldFailure told, Classification verdict) =>
        (Statuses.Length == 0 || Statuses.Contains(told.Status))
        && (Reasons.Length == 0 || Reasons.Contains(verdict.Reason.Word()))
        && (Codes.Length == 0 || Codes.Contains(told.Type) || Codes.Contains(told.Code));

    /// <summary>The failure as it is to be told.</summary>
    public ToldFailure Adjust(ToldFailure told)
    {
        var wait = told.RetryAfter ?? UsualRetryAfter;
        return new(Status ?? told.Status, Type, Code, wait > LongestRetryAfter ? LongestRetryAfter : wait);
    }
}
