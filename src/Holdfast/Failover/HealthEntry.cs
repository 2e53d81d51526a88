
namespace Holdfast.Failover;

/// <summary>One key that cools down or awaits its probe, as it is shown and saved.</summary>
/// <param name="Upstream">The upstream's name.</param>
/// <param name="Credential">The credential's name, never the secret.</param>
/// <param name="Model">The model; null is the credential as a whole.</param>
/// <param name="State">Whether it may be asked.</param>
/// <param name="Until">When the cooldown ends, or has ended.</param>
/// <param name="Step">Which of the ever longer cooldowns this is, from 1; 0 where the upstream said how long.</param>
/// <param name="Reason">Why it cooled down.</param>
/// <param name="Failures">How many failures came since the last success.</param>
internal sealed record HealthEntry(
    string Upstream, string Credential, string? Model, HealthState State, DateTimeOffset Until, int Step,
    FailureReason Reason, int Failures)
{
    /// <summary>Whether the credential is a client's own; such entries are not saved.</summary>
    public bool IsClients => Key.IsClients;

    public HealthKey Key => new(Upstream, Credential, Model);
}
