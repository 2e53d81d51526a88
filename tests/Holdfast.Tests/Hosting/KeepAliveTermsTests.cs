using Holdfast.Connections;

namespace Holdfast.Tests.Hosting;

/// <summary>What is advertised is two seconds less than what is kept.</summary>
public sealed class KeepAliveTermsTests
{
    [Theory]
    [InlineData(600, "timeout=600", 602)]
    [InlineData(1, "timeout=1", 3)]
    [InlineData(0.2, "timeout=1", 3)]
    [InlineData(75.9, "timeout=75", 77)]
    public void The_close_comes_two_seconds_after_the_advertised_time(double seconds, string header, int closeAfter)
    {
        var terms = new KeepAliveTerms(TimeSpan.FromSeconds(seconds));

        Assert.Equal(header, terms.Header);
        Assert.Equal(TimeSpan.FromSeconds(closeAfter), terms.CloseAfter);
    }

    [Fact]
    public void Switched_off_nothing_is_advertised_and_nothing_is_closed()
    {
        var terms = new KeepAliveTerms(Timeout.InfiniteTimeSpan);

        Assert.Null(terms.Header);
        Assert.Null(terms.CloseAfter);
    }
}
