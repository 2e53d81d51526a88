namespace Holdfast.Failover;

/// <summary>What the phases of an attempt and the kinds of failure allow. Pure; the walk over the candidates asks it.</summary>
internal static class FailoverPolicy
{
    /// <summary>The longest an exchange waits before it asks the same candidate again; what must wait longer waits in the
    /// waiting room, or not at all.</summary>
    public static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(10);

    /// <summary>A wait so short that it costs less than moving a conversation.</summary>
    public static readonly TimeSpan ShortDelay = TimeSpan.FromSeconds(2);

    /// <summary>Whether the failure proves that the candidate did no work, so that asking it again can bill nothing twice
    /// (the phases table; D25: it wins over what the evidence would allow).</summary>
    public static bool ProvesNoWork(Failure failure, Classification verdict) =>
        failure.Status is 408 or 429 or 503 or 529
        || verdict.Kind is "conn_refused" or "dns" or "timeout_connect" or "tls"
        || (failure.Status is null && verdict.Reason.IsLimit());

    /// <summary>Whether another credential at the same candidate may help: the failure is the credential's, not the
    /// candidate's.</summary>
    public static bool IsOfCredential(Classification verdict) =>
        verdict.Reason == FailureReason.RateLimit || verdict.Reason.IsBlocking();
}
