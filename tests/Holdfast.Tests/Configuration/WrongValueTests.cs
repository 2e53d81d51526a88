
namespace Holdfast.Tests.Configuration;

public sealed class WrongValueTests : ConfigurationTest
{
    [Theory]
    [InlineData("\"20\"", "(\"20\") is not a duration: write it as \"00:00:20\".")]
    [InlineData("20", "(20) is not a duration: write it as \"00:00:20\".")]
    [InlineData("\"20s\"", "(\"20s\") is not a duration: write it as \"00:00:20\".")]
    [InlineData("\"5 min\"", "(\"5 min\") is not a duration: write it as \"00:05:00\".")]
    [InlineData("\"250ms\"", "(\"250ms\") is not a duration: write it as \"00:00:00.25\".")]
    [InlineData("\"soon\"", "(\"soon\") is not a duration: write it as \"00:00:10\".")]
    [InlineData("false", "(false) is not a duration: write it as \"00:00:10\" or \"off\".")]
    [InlineData("[]", "is not a duration: write it as \"00:00:10\".")]
    [InlineData("\"00:00:00\"", "(\"00:00:00\") is too short: write at least \"00:00:00.01\".")]
    [InlineData("\"-00:00:10\"", "(\"-00:00:10\") is too short: write at least \"00:00:00.01\".")]
    [InlineData("\"25.00:00:00\"", "(\"25.00:00:00\") is too long: write at most \"24.00:00:00\".")]
    public void A_wrong_duration_is_named_with_its_value_and_the_way_out(string value, string expected)
    {
        var error = OnlyError($$"""{ "streaming": { "keepAliveAfter": {{value}} } }""");

        Assert.Equal($"streaming.keepAliveAfter {expected}", error);
    }

    [Theory]
    [InlineData("limits", "keepAlive", "\"off\"", "(\"off\") cannot be switched off: write a duration, or leave it out.")]
    [InlineData("limits", "requestBody", "\"64MB\"", "(\"64MB\") is not a whole number of bytes: write it in digits, without quotes or unit.")]
    [InlineData("limits", "requestHeaders", "12", "(12) is out of range: write 1024 to 67108864 bytes.")]
    [InlineData("limits", "requestBody", "1.5", "(1.5) is not a whole number of bytes: write it in digits, without quotes or unit.")]
    [InlineData("streaming", "keepAliveForms", "\"ping\"", "is not a section: write { … }.")]
    [InlineData("timeouts", "total", "{}", "is not a duration: write it as \"00:00:10\".")]
    public void A_wrong_value_of_another_kind_too(string section, string setting, string value, string expected)
    {
        var error = OnlyError($$"""{ "{{section}}": { "{{setting}}": {{value}} } }""");

        Assert.Equal($"{section}.{setting} {expected}", error);
    }

    [Theory]
    [InlineData("\"debug\": \"true\"", "debug (\"true\") is text: write it without the quotes.")]
    [InlineData("\"debug\": 1", "debug (1) is neither true nor false: write one of them.")]
    [InlineData("\"access\": \"opne\"", "access (\"opne\") is not known: did you mean \"open\"? It may be \"loopback\" or \"open\".")]
    [InlineData("\"access\": \"keys\"", "access (\"keys\") is not known: write \"loopback\" or \"open\".")]
    [InlineData("\"listen\": \"http://127.0.0.1:1\"", "listen (\"http://127.0.0.1:1\") is not a list: write it as [\"…\"].")]
    [InlineData("\"listen\": []", "listen is empty: name at least one, or leave it out.")]
    [InlineData("\"listen\": [1]", "listen[0] (1) is not a URL: write it in quotes.")]
    [InlineData("\"allowedHosts\": [\"https://a.example\"]", "allowedHosts[0] (\"https://a.example\") is not a host name: write it without scheme, port or path, as in \"gateway.example\".")]
    [InlineData("\"allowedOrigins\": [\"a.example\"]", "allowedOrigins[0] (\"a.example\") is not an origin: write it as \"https://app.example\", without a path.")]
    [InlineData("\"allowedOrigins\": [\"https://a.example/x\"]", "allowedOrigins[0] (\"https://a.example/x\") is not an origin: write it as \"https://app.example\", without a path.")]
    public void A_wrong_value_at_the_top_too(string member, string expected) => Assert.Equal(expected, OnlyError($"{{ {member} }}"));

    [Theory]
    [InlineData("127.0.0.1:8484", "is not an address to listen on: write it as http://127.0.0.1:8484.")]
    [InlineData("http://*:8484", "is not an address: write http://0.0.0.0:8484 or http://[::]:8484 to listen on all of them.")]
    [InlineData("http://127.0.0.1", "has no port: write it as http://127.0.0.1:8484.")]
    [InlineData("http://gateway.example:8484", "has a host name: write an IP address of this machine, or localhost.")]
    [InlineData("http://127.0.0.1:8484/v1", "has more than a host and a port: write it as http://127.0.0.1:8484.")]
    public void A_wrong_listener_is_named_by_the_option_it_came_from(string listener, string expected)
    {
        var error = OnlyError("{}", listener);

        Assert.Equal($"--listen (\"{listener}\") {expected}", error);
    }

    [Fact]
    public void A_wrong_value_is_named_by_the_variable_it_came_from()
    {
        Variable("HOLDFAST__TIMEOUTS__TOTAL", "90");
        Variable("STREAM_TIMEOUT", "a while");
        Variable("CONNECT_TIMEOUT", "0");

        var errors = Errors("{}");

        Assert.Equal(
            [
                "STREAM_TIMEOUT (\"a while\") is not a number of seconds: write it as 300 or 2.5, or \"off\".",
                "CONNECT_TIMEOUT (\"00:00:00\") is too short: write at least \"00:00:00.01\".",
                "HOLDFAST__TIMEOUTS__TOTAL (\"90\") is not a duration: write it as \"00:01:30\".",
            ],
            errors);
    }

    [Fact]
    public void Every_error_is_reported_in_the_order_of_the_file()
    {
        var errors = Errors("""
            {
              "streaming": { "keepAliveAfter": "20", "stalAfter": null },
              "upstreams": { "nim": { "protocol": "opnai" } },
              "debug": "yes"
            }
            """);

        Assert.Collection(
            errors,
            error => Assert.StartsWith("streaming.keepAliveAfter ", error),
            error => Assert.StartsWith("streaming.stalAfter ", error),
            error => Assert.StartsWith("upstreams.nim.protocol ", error),
            error => Assert.StartsWith("upstreams.nim.baseUrl ", error),
            error => Assert.StartsWith("debug ", error));
    }
}
