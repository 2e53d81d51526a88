using System.Buffers;
using System.Globalization;

namespace Holdfast.Failover;

/// <summary>Finds a wait in a sentence: the words that ask for one, and the time behind them. Pure.</summary>
internal static class StatedWait
{
    /// <summary>No number of a wait has more digits, before its point or behind it.</summary>
    private const int MostDigits = 9;

    private static readonly SearchValues<string> AskingWords = SearchValues.Create(
        ["again", "retry", "reset", "replenished", "available", "refresh", "wait"], StringComparison.OrdinalIgnoreCase);

    /// <summary>The seconds that the first such words of a text ask for; null where none do.</summary>
    public static double? FindIn(ReadOnlySpan<char> text)
    {
        var cursor = new TextCursor(text);
        for (var from = 0; text[from..].IndexOfAny(AskingWords) is >= 0 and var next;)
        {
            from += next + 1;
            cursor.At = from - 1;
            if (SkipAsking(ref cursor) && ReadTime(ref cursor) is { } seconds)
            {
                return seconds;
            }
        }

        return null;
    }

    /// <summary>The seconds of numbers with units, as <c>1m2.5s</c> or <c>1 hour and 3 minutes</c>; null where none stand
    /// ahead.</summary>
    public static double? ReadUnits(ref TextCursor cursor)
    {
        double? sum = null;
        while (true)
        {
            var start = cursor.At;
            if (ReadNumber(ref cursor) is not { } number)
            {
                return sum;
            }

            cursor.SkipBlanks();
            if (SecondsOf(cursor.Letters()) is not { } unit)
            {
                cursor.At = start;
                return sum;
            }

            sum = (sum ?? 0) + (number * unit);
            cursor.SkipBlanksAnd(",");
            SkipAnd(ref cursor);
        }
    }

    private static bool SkipAsking(ref TextCursor cursor)
    {
        if (cursor.IsAtWordStart && cursor.Skip("wait"))
        {
            _ = cursor.Skip(" for");
            _ = cursor.Skip(" at least");
            return true;
        }

        var start = cursor.At;
        if (cursor.IsAtWordStart && cursor.SkipOneOf(
            ["again", "retrying", "retry", "resets", "reset", "replenished", "available", "refreshes", "refresh"])
            && cursor.SkipOneOf([" in", " after"]))
        {
            return true;
        }

        cursor.At = start;
        return cursor.SkipOneOf(["retryafter", "retry after", "retry-after", "retry_after"]);
    }

    private static double? ReadTime(ref TextCursor cursor)
    {
        cursor.SkipBlanksAnd(":=\"");
        if (!char.IsAsciiDigit(cursor.Ahead))
        {
            _ = cursor.SkipOneOf(["about ", "approximately ", "another ", "~ ", "~"]);
        }

        return !char.IsAsciiDigit(cursor.Ahead) ? null : ReadClock(cursor.Rest) ?? ReadUnits(ref cursor) ?? ReadPlain(ref cursor);
    }

    // "00:12:34", minutes and seconds with two digits each. What is no time of that form says nothing: 0, which is no wait.
    private static double? ReadClock(ReadOnlySpan<char> text)
    {
        var cursor = new TextCursor(text);
        if (cursor.Digits().Length is not (1 or 2) || !cursor.Skip(":")
            || cursor.Rest is not [var tens, var minutes, ':', var tensBehind, var seconds, ..]
            || !char.IsAsciiDigit(tens) || !char.IsAsciiDigit(minutes) || !char.IsAsciiDigit(tensBehind) || !char.IsAsciiDigit(seconds))
        {
            return null;
        }

        var length = cursor.At + "00:00".Length;
        return TimeSpan.TryParse(text[..length], CultureInfo.InvariantCulture, out var time) ? time.TotalSeconds : 0;
    }

    // A number without a unit means seconds, unless it is a part of something else: of a word, a percentage, a time.
    private static double? ReadPlain(ref TextCursor cursor)
    {
        var start = cursor.At;
        if (ReadNumber(ref cursor) is { } number && !IsPartOfMore(cursor.Ahead))
        {
            return number;
        }

        cursor.At = start;
        var whole = cursor.Digits();
        return whole.Length is > 0 and <= MostDigits && !IsPartOfMore(cursor.Ahead) ? Number(whole) : null;
    }

    // A number with all its digits; null, and stays, where none stands ahead, or one that is too long.
    private static double? ReadNumber(ref TextCursor cursor)
    {
        var start = cursor.At;
        var whole = cursor.Digits().Length;
        if (whole > 0 && cursor.Rest is ['.', var digit, ..] && char.IsAsciiDigit(digit))
        {
            cursor.At++;
            if (cursor.Digits().Length > MostDigits)
            {
                whole = 0;
            }
        }

        if (whole is > 0 and <= MostDigits)
        {
            return Number(cursor.Text[start..cursor.At]);
        }

        cursor.At = start;
        return null;
    }

    private static void SkipAnd(ref TextCursor cursor)
    {
        var start = cursor.At;
        if (!cursor.Skip("and") || cursor.SkipBlanks() == 0)
        {
            cursor.At = start;
        }
    }

    private static bool IsPartOfMore(char letter) => letter is ':' or '%' || TextCursor.IsWordLetter(letter);

    private static double Number(ReadOnlySpan<char> digits) => double.Parse(digits, CultureInfo.InvariantCulture);

    private static double? SecondsOf(ReadOnlySpan<char> unit)
    {
        Span<char> lower = stackalloc char[12];
        return unit.Length > lower.Length ? null : lower[..unit.ToLowerInvariant(lower)] switch
        {
            "ms" or "millisecond" or "milliseconds" => 0.001,
            "s" or "sec" or "secs" or "second" or "seconds" => 1,
            "m" or "min" or "mins" or "minute" or "minutes" => 60,
            "h" or "hr" or "hrs" or "hour" or "hours" => 3600,
            "d" or "day" or "days" => 86_400,
            _ => null,
        };
    }
}
