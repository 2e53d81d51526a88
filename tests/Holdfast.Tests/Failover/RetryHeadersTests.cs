using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

public sealed class RetryHeadersTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("retry-after: 20", 20.0)]
    [InlineData("retry-after: 1.5", 1.5)]
    [InlineData("retry-after:  7 ", 7.0)]
    [InlineData("retry-after: Sat, 21 Nov 2026 12:00:30 GMT", 30.0)]
    [InlineData("retry-after: Sat, 21 Nov 2026 11:00:00 GMT", null)]
    [InlineData("retry-after: 0", null)]
    [InlineData("retry-after: -5", null)]
    [InlineData("retry-after: soon", null)]
    [InlineData("retry-after: 9999999", 604_800.0)]
    [InlineData("retry-after: 99999999999", null)]
    [InlineData("retry-after-ms: 250", 0.25)]
    [InlineData("retry-after-ms: 250; retry-after: 9", 0.25)]
    [InlineData("anthropic-ratelimit-requests-remaining: 0; anthropic-ratelimit-requests-reset: 2026-11-21T12:00:45Z", 45.0)]
    [InlineData("anthropic-ratelimit-requests-remaining: 3; anthropic-ratelimit-requests-reset: 2026-11-21T12:00:45Z", null)]
    [InlineData("x-ratelimit-remaining-tokens: 0; x-ratelimit-reset-tokens: 1m2.5s", 62.5)]
    [InlineData("x-ratelimit-remaining-requests: 0; x-ratelimit-reset-requests: 120ms", 0.12)]
    [InlineData("x-ratelimit-remaining-requests: 0; x-ratelimit-reset-requests: 12", 12.0)]
    [InlineData("anthropic-ratelimit-unified-reset: 1795262460", 60.0)]
    [InlineData("", null)]
    public void A_wait_is_read_in_every_form_in_which_headers_state_it(string headers, double? seconds)
    {
        var known = headers.Split("; ", StringSplitOptions.RemoveEmptyEntries)
            .Select(header => header.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);

        Assert.Equal(seconds, RetryHeaders.Read(known.GetValueOrDefault, Now)?.TotalSeconds);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("perhaps", null)]
    [InlineData(null, null)]
    public void What_the_upstream_says_about_asking_again_is_read(string? said, bool? expected) =>
        Assert.Equal(expected, RetryHeaders.ShouldRetry(name => name == "x-should-retry" ? said : null));
}
