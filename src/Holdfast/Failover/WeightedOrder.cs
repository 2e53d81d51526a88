namespace Holdfast.Failover;

/// <summary>Orders candidates of equal rank for one conversation, so that each comes first as often as its weight says.
/// The order of the others stays as it is when one is left out (weighted rendezvous hashing). Pure.</summary>
internal static class WeightedOrder
{
    /// <summary>Sorts candidates in place; takes no memory for up to 32 of them.</summary>
    /// <param name="key">The conversation.</param>
    /// <param name="candidates">The candidates.</param>
    /// <param name="name">A candidate's name.</param>
    /// <param name="weight">Its weight; what weighs nothing comes last.</param>
    public static void Sort<T>(AffinityKey key, Span<T> candidates, Func<T, string> name, Func<T, double> weight)
    {
        Span<double> scores = candidates.Length <= 32 ? stackalloc double[candidates.Length] : new double[candidates.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            scores[i] = Score(key, name(candidates[i]), weight(candidates[i]));
        }

        scores.Sort(candidates);
    }

    /// <summary>The smallest comes first.</summary>
    public static double Score(AffinityKey key, string candidate, double weight) =>
        weight > 0 ? -Math.Log(key.Share(candidate)) / weight : double.PositiveInfinity;
}
