using Holdfast.Wire;

namespace Holdfast.Tests.Configuration;

public sealed class NullAndOffTests : ConfigurationTest
{
    [Fact]
    public void Null_means_the_default_for_values_sections_lists_and_upstreams()
    {
        var options = Read("""
            {
              "listen": null, "tls": null, "timeouts": null, "upstreams": { "openai": null },
              "streaming": { "keepAliveAfter": null, "openEarlyAfter": null }
            }
            """);

        Assert.Equal(["http://127.0.0.1:8484"], options.Listen);
        Assert.Null(options.Tls);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Timeouts.Connect);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Streaming.KeepAliveAfter);
        Assert.Null(options.Streaming.OpenEarlyAfter);
        Assert.Contains("openai", options.Upstreams.Keys);
    }

    [Fact]
    public void Off_disables_a_duration()
    {
        Variable("REQUEST_TIMEOUT", "off");

        var options = Read("""
            {
              "streaming": { "keepAliveAfter": "off", "openEarlyAfter": "off", "stallAfter": "off" },
              "timeouts": { "connect": "off", "total": "off" },
            }
            """);

        Assert.Equal(Timeout.InfiniteTimeSpan, options.Streaming.KeepAliveAfter);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Streaming.OpenEarlyAfter);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Streaming.StallAfter);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Timeouts.Connect);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Timeouts.Request);
    }

    [Fact]
    public void Null_in_a_variable_takes_back_what_the_file_says()
    {
        Variable("HOLDFAST__STREAMING__OPENEARLYAFTER", "null");

        var options = Read("""{ "streaming": { "openEarlyAfter": "00:00:05" } }""");

        Assert.Null(options.Streaming.OpenEarlyAfter);
    }

    [Fact]
    public void False_switches_a_built_in_upstream_off_and_some_keys_of_one_leave_the_others()
    {
        var options = Read("""{ "upstreams": { "gemini": false, "anthropic": { "baseUrl": "https://proxy.example" } } }""");

        Assert.Equal(["anthropic", "openai"], options.Upstreams.Keys);
        Assert.Equal(ProtocolFamily.Anthropic, options.Upstreams["anthropic"].Protocol);
        Assert.Equal(new Uri("https://proxy.example"), options.Upstreams["anthropic"].BaseUrl);
    }

    [Fact]
    public void What_one_file_overrides_does_not_reach_the_defaults_of_the_next()
    {
        Read("""{ "upstreams": { "anthropic": { "baseUrl": "https://proxy.example", "http2": true } } }""");

        var options = Read("""{ "upstreams": { "anthropic": {} } }""");

        Assert.Equal(new Uri("https://api.anthropic.com"), options.Upstreams["anthropic"].BaseUrl);
        Assert.False(options.Upstreams["anthropic"].Http2);
    }
}
