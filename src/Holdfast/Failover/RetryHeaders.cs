using System.Globalization;

namespace Holdfast.Failover;

/// <summary>Reads out of an answer's headers how long to wait, in every form in which they say so (errors.md section 9).
/// Pure.</summary>
internal static class RetryHeaders
{
    /// <summary>The longest wait that is believed.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

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
        if (header("retry-after-ms") is { } ms && TryNumber(ms, out var milliseconds))
        {
            return Believed(milliseconds / 1000);
        }

        if (header("retry-after") is { } stated)
        {
            return TryNumber(stated, out var seconds) ? Believed(seconds) : UntilDate(stated, now);
        }

        foreach (var (remaining, reset) in Buckets)
        {
            if (header(remaining)?.Trim() == "0" && header(reset) is { } until && Reset(until, now) is { } wait)
            {
                return wait;
            }
        }

        return header("anthropic-ratelimit-unified-reset") is { } unified ? Reset(unified, now) : null;
    }

    /// <summary>What <c>x-should-retry</c> says; null where it says nothing.</summary>
    public static bool? ShouldRetry(Func<string, string?> header) => header("x-should-retry")?.Trim() switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };

    /// <summary>A reset by its shape: a date, a Go duration (<c>1m2.5s</c>), seconds, or seconds since 1970.</summary>
    private static TimeSpan? Reset(string text, DateTimeOffset now)
    {
        if (TryNumber(text, out var number))
        {
            var isTimestamp = number > 1_000_000_000;
            return isTimestamp
                ? Believed((DateTimeOffset.FromUnixTimeMilliseconds((long)(Math.Min(number, 1e11) * 1000)) - now).TotalSeconds)
                : Believed(number);
        }

        // A date has dashes; as a duration its year would be taken for seconds.
        return text.Contains('-') ? UntilDate(text, now) : RetryHint.In($"again in {text}");
    }

    private static TimeSpan? UntilDate(string text, DateTimeOffset now) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Believed((date - now).TotalSeconds)
            : null;

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static TimeSpan? Believed(double seconds) =>
        seconds <= 0 ? null : TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds));
}
