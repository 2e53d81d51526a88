using Holdfast.Failover;

namespace Holdfast.Routing;

/// <summary>What every walk over candidates shares: the rules, and what is known from other exchanges.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Classifier">Tells failures apart; built when the first failure comes, or before.</param>
/// <param name="Health">Who failed lately.</param>
/// <param name="Affinity">Where conversations were answered last.</param>
/// <param name="Time">The clock.</param>
internal sealed record FailoverTools(
    FailoverOptions Options, Lazy<ErrorClassifier> Classifier, HealthBook Health, AffinityTable Affinity, TimeProvider Time)
{
    /// <summary>Spreads retries and keyless requests; tests put their own in its place.</summary>
    public Func<double> Random { get; init; } = System.Random.Shared.NextDouble;
}
