using System.Buffers;

namespace Holdfast.Failover;

/// <summary>Looks at one text of a failure: what stands in front of its sentence, which status it names. Pure.</summary>
internal static class FailureText
{
    private static readonly SearchValues<string> StatusWords = SearchValues.Create(
        ["http", "status", "error", "code", "got", "received", "returned", "response"], StringComparison.OrdinalIgnoreCase);

    // What stands in front of a sentence is short.
    private const int Front = 1024;

    /// <summary>The status a text begins with (<c>503 …</c>, <c>HTTP 503: …</c>, <c>Error code: 503 - …</c>), and where what
    /// stands behind it begins.</summary>
    public static (int? Status, int Behind) StatusInFront(ReadOnlySpan<char> text)
    {
        var cursor = new TextCursor(Head(text, Front));
        while (SkipFront(ref cursor))
        {
        }

        if (cursor.Status() is not { } status || (!cursor.IsAtEnd && !IsBehindStatus(cursor.Ahead)))
        {
            return (null, 0);
        }

        _ = cursor.Skip("]") || cursor.Skip(")");
        cursor.SkipBlanksAnd(":;,.-");
        return (status, cursor.At);
    }

    /// <summary>A status that is named somewhere in a sentence.</summary>
    public static int? MentionedStatus(ReadOnlySpan<char> text)
    {
        var cursor = new TextCursor(text);
        for (var from = 0; text[from..].IndexOfAny(StatusWords) is >= 0 and var next;)
        {
            from += next + 1;
            cursor.At = from - 1;
            if (cursor.IsAtWordStart && cursor.SkipOneOf(["https", "http", "status", "error", "code", "got", "received", "returned", "response"])
                && !TextCursor.IsWordLetter(cursor.Ahead) && MentionedBehindWord(ref cursor) is { } status)
            {
                return status;
            }
        }

        return null;
    }

    /// <summary>The name of an exception in front (<c>TypeError: …</c>), and where its message begins.</summary>
    public static (string? Name, int Behind) ExceptionInFront(ReadOnlySpan<char> text)
    {
        var cursor = new TextCursor(Head(text, Front));
        if (SkipWordAndBlanks(ref cursor, "uncaught") || SkipWordAndBlanks(ref cursor, "unhandled") || cursor.Skip("caused by:"))
        {
            cursor.SkipBlanks();
        }

        if (cursor.Rest.StartsWith("api error", StringComparison.OrdinalIgnoreCase))
        {
            cursor.Skip("api ");
        }

        // In "java.io.IOException: …" the last part that is the name of an exception is it: those before are where it lives.
        (string? Name, int Behind) found = (null, 0);
        do
        {
            found = ExceptionAt(cursor) ?? found;
        }
        while (SkipPath(ref cursor));

        return found;
    }

    /// <summary>Whether nothing is said but a status, or that there is no body.</summary>
    public static bool SaysNothing(string text)
    {
        if (text.Length >= 100)
        {
            return false;
        }

        var cursor = new TextCursor(text);
        _ = cursor.SkipOneOf(["http", "error", "status", "code"]);
        cursor.SkipBlanksAnd(":");
        if (cursor.Status() is null)
        {
            cursor.At = 0;
        }

        cursor.SkipBlanksAnd(":.");
        _ = cursor.Skip("status code");
        cursor.SkipBlanksAnd(":.");
        _ = cursor.Skip("(");
        _ = cursor.SkipOneOf(["no body", "no response body"]);
        _ = cursor.Skip(")");
        _ = cursor.Skip(".");
        cursor.SkipBlanks();
        return cursor.IsAtEnd;
    }

    /// <summary>Whether all it says is that something was aborted.</summary>
    public static bool IsAbort(string text) => text.AsSpan().TrimEnd('.') is var sentence
        && (sentence.Equals("aborted", StringComparison.OrdinalIgnoreCase)
            || sentence.Equals("request aborted", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a text has headed sections, as a model writes them.</summary>
    public static bool HasSections(string text)
    {
        var first = text.IndexOf("## ", StringComparison.Ordinal);
        return first >= 0 && text.IndexOf("\n## ", first, StringComparison.Ordinal) >= 0;
    }

    private static ReadOnlySpan<char> Head(ReadOnlySpan<char> text, int length) => text.Length > length ? text[..length] : text;

    // One of the words that people and programs write before a status. None is the beginning of what may follow another, so
    // whichever fits is the only one that does.
    private static bool SkipFront(ref TextCursor cursor)
    {
        var start = cursor.At;
        var isSkipped = cursor.Ahead switch
        {
            '[' or '(' => cursor.SkipOneOf(["[", "("]),
            'a' or 'A' => SkipApiError(ref cursor),
            'e' or 'E' => cursor.SkipOneOf(["error code", "error"]) && cursor.SkipBlanksAnd(":") > 0,
            'h' or 'H' => cursor.SkipOneOf(["https", "http"]) && SkipVersion(ref cursor) && cursor.SkipBlanksAnd(":") > 0,
            'r' or 'R' => cursor.Skip("request failed with "),
            's' or 'S' or 'u' or 'U' => SkipStatusWord(ref cursor),
            _ => false,
        };
        cursor.At = isSkipped ? cursor.At : start;
        return isSkipped;
    }

    private static bool SkipApiError(ref TextCursor cursor)
    {
        var isSkipped = cursor.Skip("api error");
        _ = cursor.Skip(":");
        return isSkipped && cursor.SkipBlanks() > 0;
    }

    // "HTTP/1.1": no version is right as well, half a one is not.
    private static bool SkipVersion(ref TextCursor cursor)
    {
        if (cursor.Rest is ['/', var major, ..] && char.IsAsciiDigit(major))
        {
            cursor.At += 2;
            if (cursor.Rest is ['.', var minor, ..] && char.IsAsciiDigit(minor))
            {
                cursor.At += 2;
            }
        }

        return true;
    }

    private static bool SkipStatusWord(ref TextCursor cursor)
    {
        _ = cursor.Skip("unexpected ");
        var isSkipped = cursor.Skip("status");
        _ = cursor.SkipOneOf(["_code", " code", "code"]);
        return isSkipped && cursor.SkipBlanksAnd(":=") > 0;
    }

    private static bool IsBehindStatus(char letter) => char.IsWhiteSpace(letter) || ":;,.-<{])".Contains(letter, StringComparison.Ordinal);

    private static int? MentionedBehindWord(ref TextCursor cursor)
    {
        var start = cursor.At;
        if (cursor.SkipOneOf([" code", "_code", "code"]) && TextCursor.IsWordLetter(cursor.Ahead))
        {
            cursor.At = start;
        }

        for (var skipped = 0; skipped < 4 && !cursor.IsAtEnd && cursor.Ahead != '\n' && !TextCursor.IsWordLetter(cursor.Ahead); skipped++)
        {
            cursor.At++;
        }

        _ = cursor.SkipOneOf(["an ", "a "]);
        return cursor.Status() is { } status && !TextCursor.IsWordLetter(cursor.Ahead) ? status : null;
    }

    private static bool SkipWordAndBlanks(ref TextCursor cursor, string word)
    {
        var start = cursor.At;
        if (cursor.Skip(word) && cursor.SkipBlanks() > 0)
        {
            return true;
        }

        cursor.At = start;
        return false;
    }

    // A part of a path, and what separates it from the next one.
    private static bool SkipPath(ref TextCursor cursor)
    {
        var start = cursor.At;
        while (!cursor.IsAtEnd && TextCursor.IsWordLetter(cursor.Ahead))
        {
            cursor.At++;
        }

        return cursor.At > start && (cursor.Skip(".") || cursor.Skip(":")) && (cursor.Skip(".") || cursor.Skip(":") || true);
    }

    private static (string? Name, int Behind)? ExceptionAt(TextCursor cursor)
    {
        var start = cursor.At;
        while (char.IsAsciiLetterOrDigit(cursor.Ahead))
        {
            cursor.At++;
        }

        var name = cursor.Text[start..cursor.At];
        if (!name.EndsWith("error", StringComparison.OrdinalIgnoreCase) && !name.EndsWith("exception", StringComparison.OrdinalIgnoreCase)
            && !name.EndsWith("warning", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        cursor.SkipBlanks();
        var isAlone = cursor.IsAtEnd || (cursor.Skip(":") && (cursor.SkipBlanks() > 0 || cursor.IsAtEnd));
        return isAlone ? (name.ToString(), cursor.At) : null;
    }
}
