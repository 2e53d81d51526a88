namespace Holdfast.Load;

/// <summary>Where one figure stands after all rounds: what each side reached, and how the gateway stood to the others.</summary>
/// <param name="Gateway">The median over the rounds, or the sum.</param>
/// <param name="Floor">The floor's.</param>
/// <param name="Baseline">The other build's; NaN without one.</param>
/// <param name="OverFloor">Gateway over floor. Each ratio is taken within one round, where both met the same machine.</param>
/// <param name="OverBaseline">Gateway over the other build, in the same way.</param>
/// <param name="AboveFloor">The median of the rounds' differences between gateway and floor.</param>
internal sealed record Standing(
    double Gateway, double Floor, double Baseline, Spread OverFloor, Spread OverBaseline, double AboveFloor)
{
    /// <summary>Of a measure that broke.</summary>
    public static readonly Standing Nowhere = new(double.NaN, double.NaN, double.NaN, Spread.None, Spread.None, double.NaN);

    /// <param name="figure">The figure.</param>
    /// <param name="rounds">Its value of each round, by side; the baseline may be missing.</param>
    public static Standing Of(Figure figure, IReadOnlyDictionary<Side, double[]> rounds)
    {
        var gateway = rounds[Side.Gateway];
        var floor = rounds[Side.Floor];
        var baseline = rounds.GetValueOrDefault(Side.Baseline, []);
        if (figure.IsSum)
        {
            // What must not happen at all has no ratio.
            return Nowhere with
            {
                Gateway = gateway.Sum(), Floor = floor.Sum(), Baseline = baseline.Length == 0 ? double.NaN : baseline.Sum(),
            };
        }

        return new(
            Spread.Of(gateway).Median, Spread.Of(floor).Median, Spread.Of(baseline).Median,
            Spread.Of(gateway.Zip(floor, Over)), Spread.Of(gateway.Zip(baseline, Over)),
            Spread.Of(gateway.Zip(floor, (ours, theirs) => ours - theirs)).Median);
    }

    private static double Over(double ours, double theirs) => ours / theirs;
}

/// <summary>The middle of some values, and how far they lie apart. NaN in any of them makes all of it NaN.</summary>
internal sealed record Spread(double Median, double Least, double Most)
{
    public static readonly Spread None = new(double.NaN, double.NaN, double.NaN);

    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 || sorted.Any(double.IsNaN)
            ? None
            : new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}
