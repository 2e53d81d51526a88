namespace Holdfast.Failover;

/// <summary>Stands for one turn of one session of one principal; nothing of them can be read from it.</summary>
internal readonly record struct StormKey(UInt128 Value)
{
    /// <param name="principal">Whose session it is.</param>
    /// <param name="session">The session, as the client names it.</param>
    /// <param name="body">The request's canonical body, or its hash.</param>
    public static StormKey From(ReadOnlySpan<byte> principal, ReadOnlySpan<byte> session, ReadOnlySpan<byte> body) =>
        new(KeyDigest.Of("storm"u8, principal, session, body));
}

/// <summary>What becomes of a turn that may have come before.</summary>
/// <param name="IsStorm">Whether it came too often, and is refused.</param>
/// <param name="RetryAfter">How long it must stay away to be let through; nothing when it is.</param>
/// <param name="Count">How often it came, this time included: within the window, and the refused since its storm
/// began.</param>
/// <param name="IsFirstRefusal">Whether it is the first that its storm has refused: the one to log.</param>
internal readonly record struct StormVerdict(bool IsStorm, TimeSpan RetryAfter, int Count, bool IsFirstRefusal);
