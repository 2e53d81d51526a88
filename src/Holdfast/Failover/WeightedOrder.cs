namespace Holdfast.Failover;

/// <summary>Orders candidates of equal rank for one conversation, so that each comes first as often as its weight says.
/// The order of the others stays as it is when one is left out (weighted rendezvous hashing). Pure.</summary>
internal static class WeightedOrder
{
    /// <summary>The smallest comes first.</summary>
    public static double Score(AffinityKey key, string candidate, double weight) =>
        weight > 0 ? -Math.Log(key.Share(candidate)) / weight : double.PositiveInfinity;
}
