using Holdfast.Hosting;

namespace Holdfast.Tests.Hosting;

/// <summary>Memory is given back when many exchanges have come or gone, and a small gateway is never paused for it.</summary>
public sealed class MemoryTrimTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 499)]
    [InlineData(499, 0)]
    [InlineData(500, 500)]
    [InlineData(5000, 5400)]
    [InlineData(5000, 4600)]
    public void A_few_exchanges_or_a_small_change_are_not_worth_a_pause(int before, int now) =>
        Assert.False(MemoryTrim.IsWorthwhile(before, now));

    [Theory]
    [InlineData(0, 500)]
    [InlineData(500, 0)]
    [InlineData(5000, 4400)]
    [InlineData(4400, 5000)]
    [InlineData(0, 100_000)]
    public void Many_that_came_or_went_are(int before, int now) => Assert.True(MemoryTrim.IsWorthwhile(before, now));
}
