namespace Holdfast.Failover;

/// <summary>Whether a candidate may be asked.</summary>
internal enum HealthState
{
    /// <summary>Like any other.</summary>
    Ready,

    /// <summary>Its cooldown has run out; one request at a time may find out whether it is well.</summary>
    ProbeDue,

    /// <summary>It is spared, or a probe is under way.</summary>
    Cooling,
}

/// <summary>Whether a candidate may be asked with a credential, and why not. The default is ready.</summary>
/// <param name="State">Whether it may.</param>
/// <param name="Until">The end of its cooldown or of the probe's claim; past when a probe is due.</param>
/// <param name="Reason">Why it cooled down; none when it is ready.</param>
internal readonly record struct Availability(HealthState State, DateTimeOffset Until, FailureReason Reason)
{
    /// <summary>Whether its cooldown is over and somebody else is finding out whether it is well.</summary>
    public bool IsProbed { get; init; }

    /// <summary>Whether it is merely asked too much: that passes by itself.</summary>
    public bool IsLimit => Reason.IsLimit();

    /// <summary>Whether its money or its credential was refused: that does not pass by itself.</summary>
    public bool IsBlocked => Reason.IsBlocking();

    /// <summary>The worse of two: cooling before due before ready, then what lasts longer.</summary>
    public static Availability Worse(Availability one, Availability other) =>
        (other.State, other.Until).CompareTo((one.State, one.Until)) > 0 ? other : one;
}
