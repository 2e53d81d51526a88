using Holdfast.Observability;

namespace Holdfast.Tests.Observability;

public sealed class PrometheusTextTests
{
    [Fact]
    public void A_page_without_any_event_is_well_formed()
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);

        var page = PrometheusPage.Parse(text.Render());

        Assert.Equal("histogram", page.Types["holdfast_exchange_duration_seconds"]);
        Assert.Equal("gauge", page.Types["holdfast_streams_open"]);
        Assert.Equal(0, page.Value("holdfast_streams_open"));
        Assert.Equal("counter", page.Types["holdfast_request_bytes_total"]);
    }

    [Fact]
    public void Labels_are_escaped()
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);

        metrics.ExchangeEnded(Records.Refused("a\"b\\c\nd"));

        Assert.Equal(1, PrometheusPage.Parse(text.Render()).Value("holdfast_refusals_total", ("error_type", "a\"b\\c\nd")));
    }

    [Fact]
    public void The_page_holds_nothing_of_another_gateways_meter()
    {
        using var metrics = new GatewayMetrics();
        using var other = new GatewayMetrics();
        using var text = new PrometheusText(metrics);

        other.ExchangeEnded(Records.Refused("bad_json"));

        Assert.DoesNotContain(PrometheusPage.Parse(text.Render()).Samples, sample => sample.Name == "holdfast_refusals_total");
    }

    [Theory]
    [InlineData("a{b=\"c\"} 1\n")]
    [InlineData("# TYPE a counter\na{b=\"c\",} 1\n")]
    [InlineData("# TYPE a counter\na{b=\"c} 1\n")]
    [InlineData("# TYPE a counter\na 1")]
    [InlineData("# TYPE a counter\na 1\na 2\n")]
    [InlineData("# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    public void The_tests_own_reader_refuses_what_the_format_does_not_allow(string page) =>
        Assert.ThrowsAny<Exception>(() => PrometheusPage.Parse(page));
}
