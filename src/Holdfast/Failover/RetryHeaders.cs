namespace Holdfast.Failover;

/// <summary>Reads out of an answer's headers how long to wait, in every form in which they say so (errors.md section 9).
/// Pure.</summary>
internal static class RetryHeaders
{
    /// <summary>Anthropic's buckets and OpenAI's, by the name of what is left; its reset stands beside it.</summary>
    private static readonly (string Remaining, string Reset)[] Buckets =
    [
        ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
        ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
        ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
        ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
        ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ];

    /// <summary>What <c>retry-after-ms</c> or <c>retry-after</c> say, else the reset of a bucket that is empty.</summary>
    /// <param name="header">Gives a header's value; null where it is not there.</param>
    /// <param name="now">The time, for dates.</param>
    public static TimeSpan? Read(Func<string, string?> header, DateTimeOffset now)
    {
        if (Of("retry-after-ms") is { } milliseconds)
        {
            return milliseconds;
        }

        if (header("retry-after") is not null)
        {
            return Of("retry-after");
        }

        foreach (var (remaining, reset) in Buckets)
        {
            if (header(remaining)?.Trim() == "0" && Reset(reset) is { } wait)
            {
                return wait;
            }
        }

        return Reset("anthropic-ratelimit-unified-reset");

        TimeSpan? Of(string name) => header(name) is { } value ? RetryHint.Of(name, value.Trim(), now) : null;

        // A date, seconds since 1970, seconds, or a duration (1m2.5s): by its shape.
        TimeSpan? Reset(string name) => header(name) is { } value ? RetryHint.Of("reset_at", value.Trim(), now) : null;
    }

    /// <summary>What <c>x-should-retry</c> says; null where it says nothing.</summary>
    public static bool? ShouldRetry(Func<string, string?> header) => header("x-should-retry")?.Trim() switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };
}
