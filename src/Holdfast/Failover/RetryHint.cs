using System.Globalization;

namespace Holdfast.Failover;

/// <summary>Reads how long an upstream asks to wait, in every form in which it says so. Pure.</summary>
internal static class RetryHint
{
    /// <summary>The longest wait that is believed; what is said to be longer counts as this.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>Longer than this nobody means it.</summary>
    private const double AbsurdSeconds = 400 * 86_400.0;

    /// <summary>No time is written at such length.</summary>
    private const int LongestValue = 64;

    /// <summary>A number this large is a time of the clock in seconds; a thousand times it, in milliseconds.</summary>
    private const double FirstTimestamp = 1e9;

    /// <summary>What a field or header of an error document asks for; null when it is none of those that ask.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="value">Its value: seconds, a duration (<c>37s</c>), or a time.</param>
    /// <param name="now">The time; without it, times of the clock say nothing.</param>
    public static TimeSpan? Of(string name, string value, DateTimeOffset? now) => name.ToLowerInvariant() switch
    {
        _ when value.Length > LongestValue => null,
        "retry_after_ms" or "retry-after-ms" or "retryafterms" => Seconds(value) is { } milliseconds ? After(milliseconds / 1000) : null,
        "retry_after" or "retry-after" or "retryafter" or "retry_after_seconds" or "resets_in_seconds" or "reset_after_seconds"
            or "retrydelay" or "retry_delay" => Duration(value) ?? At(value, now),
        "resets_at" or "reset_at" or "x-ratelimit-reset" => At(value, now) ?? Duration(value),
        _ => null,
    };

    /// <summary>What a sentence asks for: <c>try again in 1m2.5s</c>, <c>retry after 12 seconds</c>, <c>replenished in
    /// 00:12:34</c>.</summary>
    public static TimeSpan? In(string text) => StatedWait.FindIn(text) is { } seconds ? After(seconds) : null;

    /// <summary>A wait as it is believed: none that is no wait, none beyond a week.</summary>
    public static TimeSpan? Believed(TimeSpan? wait) => wait is { } stated ? After(stated.TotalSeconds) : null;

    private static TimeSpan? After(double seconds) =>
        seconds is > 0 and < AbsurdSeconds ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds)) : null;

    private static TimeSpan? Duration(string value)
    {
        if (Seconds(value) is { } seconds)
        {
            return seconds < FirstTimestamp ? After(seconds) : null;
        }

        var cursor = new TextCursor(value);
        return StatedWait.ReadUnits(ref cursor) is { } units && cursor.IsAtEnd ? After(units) : null;
    }

    private static TimeSpan? At(string value, DateTimeOffset? now)
    {
        if (now is not { } present)
        {
            return null;
        }

        if (Seconds(value) is { } number)
        {
            var timestamp = number >= FirstTimestamp * 1000 ? number / 1000 : number;
            return timestamp >= FirstTimestamp ? After(timestamp - (present.ToUnixTimeMilliseconds() / 1000.0)) : null;
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Believed(time - present) : null;
    }

    private static double? Seconds(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}
