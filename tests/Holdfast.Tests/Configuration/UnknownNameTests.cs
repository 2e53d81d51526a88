
namespace Holdfast.Tests.Configuration;

public sealed class UnknownNameTests : ConfigurationTest
{
    [Theory]
    [InlineData("""{ "streming": {} }""", "streming is not a setting: did you mean \"streaming\"?")]
    [InlineData("""{ "streaming": { "keepaliveafter": null } }""", "streaming.keepaliveafter is not a setting: did you mean \"keepAliveAfter\"?")]
    [InlineData("""{ "keepAliveAfter": "00:00:10" }""", "keepAliveAfter is not a setting: it belongs into \"streaming\", not at the top.")]
    [InlineData("""{ "timeouts": { "stallAfter": "00:00:10" } }""", "timeouts.stallAfter is not a setting: it belongs into \"streaming\", not in \"timeouts\".")]
    [InlineData("""{ "timeouts": { "colour": 1 } }""", "timeouts.colour is not a setting: in \"timeouts\" there may be connect, firstByte, request, total, drain.")]
    [InlineData("""{ "upstreams": { "anthropic": { "baseURL": "https://x" } } }""", "upstreams.anthropic.baseURL is not a setting: did you mean \"baseUrl\"?")]
    public void An_unknown_name_is_an_error_and_the_nearest_known_one_is_named(string text, string expected) =>
        Assert.Equal(expected, OnlyError(text));

    [Theory]
    [InlineData("HOLDFAST__STREAMING__KEEPALIVE_AFTER", "did you mean HOLDFAST__STREAMING__KEEPALIVEAFTER?")]
    [InlineData("HOLDFAST__STREAMNG__KEEPALIVEAFTER", "did you mean HOLDFAST__STREAMING?")]
    [InlineData("HOLDFAST__COLOUR", "docs/config.md lists every setting.")]
    [InlineData("HOLDFAST__", "docs/config.md lists every setting.")]
    public void An_unknown_variable_of_ours_is_an_error_too(string name, string expected)
    {
        Variable(name, "00:00:10");

        var error = OnlyError("{}");

        Assert.Equal($"{name} sets nothing: {expected}", error);
    }

    [Fact]
    public void The_value_of_an_unknown_name_is_never_shown()
    {
        var errors = Errors("""{ "upstreams": { "anthropic": { "apiKey": "sk-canary", "credential": { "value": "sk-canary", "env": "sk-canary" } } } }""");

        Assert.Equal(3, errors.Count);
        Assert.All(errors, error => Assert.DoesNotContain("canary", error));
    }
}
