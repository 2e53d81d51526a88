using Holdfast.Wire;

namespace Holdfast.Tests.Configuration;

public sealed class PrecedenceTests : ConfigurationTest
{
    private const string KeepAliveOf20Seconds = """{ "streaming": { "keepAliveAfter": "00:00:20", "stallAfter": "00:01:00" } }""";

    [Fact]
    public void Without_a_file_the_defaults_hold()
    {
        var options = Read();

        Assert.Equal(["http://127.0.0.1:8484"], options.Listen);
        Assert.Equal(["anthropic", "openai", "gemini"], options.Upstreams.Keys);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Streaming.KeepAliveAfter);
        Assert.Null(options.Streaming.OpenEarlyAfter);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Timeouts.Total);
        Assert.False(options.Debug);
    }

    [Fact]
    public void The_file_is_stronger_than_the_defaults()
    {
        var options = Read(KeepAliveOf20Seconds);

        Assert.Equal(TimeSpan.FromSeconds(20), options.Streaming.KeepAliveAfter);
        Assert.Equal(KeepAliveForm.Ping, options.Streaming.KeepAliveForms.Messages);
    }

    [Fact]
    public void The_variables_of_other_tools_are_stronger_than_the_file()
    {
        Variable("STREAM_TIMEOUT", "12.5");
        Variable("REQUEST_TIMEOUT", "120");
        Variable("CONNECT_TIMEOUT", "3");
        Variable("DEBUG", "true");

        var options = Read("""{ "streaming": { "stallAfter": "00:01:00" }, "timeouts": { "request": "00:00:01" }, "debug": false }""");

        Assert.Equal(TimeSpan.FromSeconds(12.5), options.Streaming.StallAfter);
        Assert.Equal(TimeSpan.FromSeconds(12.5), options.Timeouts.FirstByte);
        Assert.Equal(TimeSpan.FromSeconds(120), options.Timeouts.Request);
        Assert.Equal(TimeSpan.FromSeconds(3), options.Timeouts.Connect);
        Assert.True(options.Debug);
    }

    [Fact]
    public void Our_own_variables_are_stronger_than_those_of_other_tools()
    {
        Variable("STREAM_TIMEOUT", "12");
        Variable("DEBUG", "1");
        Variable("HOLDFAST__STREAMING__STALLAFTER", "00:02:00");
        Variable("HOLDFAST__DEBUG", "false");

        var options = Read(KeepAliveOf20Seconds);

        Assert.Equal(TimeSpan.FromMinutes(2), options.Streaming.StallAfter);
        Assert.Equal(TimeSpan.FromSeconds(12), options.Timeouts.FirstByte);
        Assert.False(options.Debug);
    }

    [Fact]
    public void The_command_line_is_the_strongest_and_replaces_the_list()
    {
        Variable("HOLDFAST__LISTEN", "http://127.0.0.1:2");

        var options = Read("""{ "listen": ["http://127.0.0.1:1"] }""", "http://127.0.0.1:3", "http://[::1]:3");

        Assert.Equal(["http://127.0.0.1:3", "http://[::1]:3"], options.Listen);
    }

    [Theory]
    [InlineData("app:*")]
    [InlineData("")]
    [InlineData("verbose")]
    public void A_DEBUG_meant_for_another_program_is_left_alone(string value)
    {
        Variable("DEBUG", value);

        var options = Read();

        Assert.False(options.Debug);
    }

    [Fact]
    public void An_empty_variable_counts_as_not_set()
    {
        Variable("HOLDFAST__STREAMING__KEEPALIVEAFTER", "");
        Variable("STREAM_TIMEOUT", "");

        var options = Read(KeepAliveOf20Seconds);

        Assert.Equal(TimeSpan.FromSeconds(20), options.Streaming.KeepAliveAfter);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Streaming.StallAfter);
    }

    [Fact]
    public void Variables_set_upstreams_too_and_an_underscore_stands_for_a_dash()
    {
        Variable("HOLDFAST__UPSTREAMS__ANTHROPIC__BASEURL", "http://127.0.0.1:9");
        Variable("HOLDFAST__UPSTREAMS__GEMINI", "false");
        Variable("HOLDFAST__UPSTREAMS__MY_NIM__HTTP2", "true");
        Variable("HOLDFAST__UPSTREAMS__LOCAL__PROTOCOL", "openai");
        Variable("HOLDFAST__UPSTREAMS__LOCAL__BASEURL", "http://127.0.0.1:11434/v1");
        Variable("HOLDFAST__UPSTREAMS__LOCAL__CREDENTIAL__ENV", "A_KEY");
        Variable("A_KEY", "secret");

        var options = Read("""
            { "upstreams": { "my-nim": { "protocol": "openai", "baseUrl": "https://nim.example/v1", "credential": { "env": "A_KEY" } } } }
            """);

        Assert.Equal(["anthropic", "openai", "my-nim", "local"], options.Upstreams.Keys);
        Assert.Equal(new Uri("http://127.0.0.1:9"), options.Upstreams["anthropic"].BaseUrl);
        Assert.True(options.Upstreams["my-nim"].Http2);
        Assert.Equal("A_KEY", options.Upstreams["local"].Credential?.Env);
    }
}
