using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>Retries of one exchange are spread, and never sooner than the upstream asks for.</summary>
public sealed class BackOffTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 4)]
    [InlineData(5, 8)]
    [InlineData(6, 8)]
    [InlineData(1_000_000, 8)]
    [InlineData(0, 0.5)]
    public void A_retry_waits_anything_up_to_a_ceiling_that_doubles(int retry, double ceiling)
    {
        Assert.Equal(TimeSpan.Zero, BackOff.Delay(retry, null, () => 0));
        Assert.Equal(TimeSpan.FromSeconds(ceiling / 2), BackOff.Delay(retry, null, () => 0.5));
        Assert.Equal(TimeSpan.FromSeconds(ceiling), BackOff.Delay(retry, null, () => 1));
    }

    [Theory]
    [InlineData(10, 0, 10)]
    [InlineData(10, 0.5, 10.5)]
    [InlineData(10, 1, 11)]
    [InlineData(0.1, 0, 0.1)]
    [InlineData(0.1, 1, 0.5)]
    [InlineData(604_800, 1, 665_280)]
    public void What_the_upstream_asks_for_is_the_least(double retryAfter, double random, double seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds), BackOff.Delay(1, TimeSpan.FromSeconds(retryAfter), () => random));
}
