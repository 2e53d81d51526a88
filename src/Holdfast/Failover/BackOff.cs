namespace Holdfast.Failover;

/// <summary>How long to wait before a candidate is asked again within one exchange. Pure.</summary>
internal static class BackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    /// <summary>Anything between nothing and a ceiling that doubles from half a second to eight, so that those who failed
    /// together do not come back together; never less than the upstream asks for, and up to a tenth more.</summary>
    /// <param name="retry">Which retry it is, from 1.</param>
    /// <param name="retryAfter">What the upstream asks for, if it does.</param>
    /// <param name="random">Draws from 0 to 1.</param>
    public static TimeSpan Delay(int retry, TimeSpan? retryAfter, Func<double> random)
    {
        var share = random();
        var ceiling = First * Math.Pow(2, Math.Clamp(retry - 1, 0, 10));
        var jittered = (ceiling < Longest ? ceiling : Longest) * share;
        return retryAfter is { } stated && stated * (1 + (share / 10)) is var asked && asked > jittered ? asked : jittered;
    }
}
