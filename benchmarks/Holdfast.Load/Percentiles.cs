namespace Holdfast.Load;

/// <summary>Exact percentiles of what was measured, in milliseconds.</summary>
internal sealed class Percentiles
{
    private readonly TimeSpan[] _sorted;

    private Percentiles(TimeSpan[] sorted) => _sorted = sorted;

    public static Percentiles Of(IEnumerable<Answer> answers, Func<Answer, TimeSpan> time) =>
        new([.. answers.Select(time).Order()]);

    public double At(double share) => _sorted.Length == 0
        ? double.NaN
        : _sorted[(int)Math.Ceiling(share * _sorted.Length) - 1].TotalMilliseconds;
}
