using Holdfast.Recording.Redaction;

namespace Holdfast.Tests.Recording.Redaction;

public sealed class HeaderRedactionTests
{
    private readonly HeaderRedaction _redaction = new("X-Internal-Secret");

    [Theory]
    [InlineData("x-api-key", "sk-ant-0123456789abcd", "REDACTED:abcd")]
    [InlineData("X-Api-Key", "0123456789abcd", "REDACTED:abcd")]
    [InlineData("anthropic-api-key", "0123456789abcd", "REDACTED:abcd")]
    [InlineData("x-goog-api-key", "0123456789abcd", "REDACTED:abcd")]
    [InlineData("api-key", "0123456789abcd", "REDACTED:abcd")]
    [InlineData("cookie", "a=1; b=0123456789", "REDACTED:6789")]
    [InlineData("set-cookie", "a=0123456789", "REDACTED:6789")]
    [InlineData("chatgpt-account-id", "0123456789abcd", "REDACTED:abcd")]
    [InlineData("proxy-authorization", "Bearer 0123456789abcd", "REDACTED:abcd")]
    [InlineData("x-internal-secret", "0123456789abcd", "REDACTED:abcd")]
    [InlineData("x-api-key", "0123456789a", "REDACTED")]
    [InlineData("x-api-key", "", "REDACTED")]
    [InlineData("authorization", "Bearer 0123456789a", "REDACTED")]
    [InlineData("authorization", "Basic dXNlcjpwYXNzd29yZA==", "REDACTED")]
    [InlineData("user-agent", "claude-cli/2.1.329 (external, cli)", "claude-cli/2.1.329 (external, cli)")]
    public void A_secret_header_shows_its_last_four_characters_at_most(string name, string value, string expected)
    {
        Assert.Equal(expected, _redaction.Value(name, value));
        Assert.Equal(expected, _redaction.Value(name, expected));
    }

    [Fact]
    public void Headers_keep_their_order()
    {
        var headers = _redaction.Values([new("B", "1"), new("Authorization", "Bearer 0123456789abcd"), new("A", "2")]);

        Assert.Equal(["B: 1", "Authorization: REDACTED:abcd", "A: 2"], headers.Select(header => $"{header.Key}: {header.Value}"));
    }
}
