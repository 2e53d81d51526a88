using System.Buffers;

namespace Holdfast.Failover;

/// <summary>Knows a page for people among the texts of a failure, and the status it names. Pure.</summary>
internal static class PageText
{
    private static readonly SearchValues<string> PageHeadings =
        SearchValues.Create(["<title", "<h1", "error"], StringComparison.OrdinalIgnoreCase);

    // Where a page may begin behind a status line, and how far into it its status is looked for.
    private const int Begins = 300;

    /// <summary>As much of a page is looked at.</summary>
    public const int Longest = 4096;

    // How far behind its heading a page names its status.
    private const int StatusFollowsWithin = 80;

    /// <summary>Where an HTML page begins: at the start, or behind a status line.</summary>
    public static int? BeginningIn(string text)
    {
        var head = text.AsSpan(0, Math.Min(text.Length, Begins));
        if (!head.Contains('<'))
        {
            return null;
        }

        var at = head.IndexOf("<!doctype html", StringComparison.OrdinalIgnoreCase);
        at = at >= 0 ? at : head.IndexOf("<html", StringComparison.OrdinalIgnoreCase);
        return at >= 0 && IsPage(text.AsSpan(at)) ? at : null;
    }

    /// <summary>The status a page names in its title or heading.</summary>
    public static int? StatusOf(ReadOnlySpan<char> page)
    {
        var cursor = new TextCursor(page[..Math.Min(page.Length, Longest)]);
        for (var from = 0; cursor.Text[from..].IndexOfAny(PageHeadings) is >= 0 and var next;)
        {
            from += next + 1;
            cursor.At = from - 1;
            if (SkipHeading(ref cursor) && StatusWithin(ref cursor) is { } status)
            {
                return status;
            }
        }

        return null;
    }

    // Somebody's sentence may begin with a tag; a page goes on as one.
    private static bool IsPage(ReadOnlySpan<char> page)
    {
        var tag = page.IndexOf('>');
        return tag < 0 || page[(tag + 1)..].IsWhiteSpace() || page.Contains("</", StringComparison.Ordinal)
            || page.Contains("<head", StringComparison.OrdinalIgnoreCase)
            || page.Contains("<body", StringComparison.OrdinalIgnoreCase)
            || page.Contains("<title", StringComparison.OrdinalIgnoreCase);
    }

    // The opening of a title or a heading, or the word "error" and what separates it from its number.
    private static bool SkipHeading(ref TextCursor cursor)
    {
        if (cursor.SkipOneOf(["<title", "<h1"]))
        {
            var length = cursor.Rest.IndexOf('>');
            cursor.At += length + 1;
            return length >= 0;
        }

        if (!cursor.Skip("error"))
        {
            return false;
        }

        var start = cursor.At;
        if (cursor.Skip(" code") && SkipSeparator(ref cursor))
        {
            return true;
        }

        cursor.At = start;
        return SkipSeparator(ref cursor);
    }

    private static bool SkipSeparator(ref TextCursor cursor) =>
        (cursor.Skip(":") || cursor.Skip(" ")) && (cursor.Skip(":") || cursor.Skip(" ") || true);

    private static int? StatusWithin(ref TextCursor cursor)
    {
        for (var passed = 0; passed <= StatusFollowsWithin && !cursor.IsAtEnd; passed++)
        {
            var start = cursor.At;
            if (cursor.IsAtWordStart && cursor.Status() is { } status && !TextCursor.IsWordLetter(cursor.Ahead))
            {
                return status;
            }

            if (cursor.Text[start] == '<')
            {
                return null;
            }

            cursor.At = start + 1;
        }

        return null;
    }
}
