using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Failover;

/// <summary>Looks at one text of a failure: what stands in front of its sentence, whether it is a page. Pure.</summary>
internal static partial class FailureText
{
    private const RegexOptions AnyCase =
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    // What stands in front of a sentence is short. Every text that an expression sees is bounded, so none needs a limit of time.
    private const int Front = 1024;

    // Where a page may begin behind a status line, and how far into it its status is looked for.
    private const int PageBegins = 300;

    /// <summary>As much of a page is looked at.</summary>
    public const int PageHead = 4096;

    /// <summary>The status a text begins with (<c>503 …</c>, <c>HTTP 503: …</c>, <c>Error code: 503 - …</c>), and where what
    /// stands behind it begins.</summary>
    public static (int? Status, int Behind) StatusInFront(string text)
    {
        var head = InFront().Match(Head(text, Front));
        return head.Success ? (Number(head), head.Length) : (null, 0);
    }

    /// <summary>A status that is named somewhere in a sentence.</summary>
    public static int? MentionedStatus(string text) => Mentioned().Match(text) is { Success: true } match ? Number(match) : null;

    /// <summary>The name of an exception in front (<c>TypeError: …</c>), and where its message begins.</summary>
    public static (string? Name, int Behind) ExceptionInFront(string text)
    {
        var head = ExceptionName().Match(Head(text, Front));
        return head.Success ? (head.Groups["name"].Value, head.Length) : (null, 0);
    }

    /// <summary>Where an HTML page begins: at the start, or behind a status line.</summary>
    public static int? PageIn(string text)
    {
        var head = text.AsSpan(0, Math.Min(text.Length, PageBegins));
        if (!head.Contains('<'))
        {
            return null;
        }

        var at = head.IndexOf("<!doctype html", StringComparison.OrdinalIgnoreCase);
        at = at >= 0 ? at : head.IndexOf("<html", StringComparison.OrdinalIgnoreCase);
        return at >= 0 && IsPage(text.AsSpan(at)) ? at : null;
    }

    /// <summary>The status a page names in its title or heading.</summary>
    public static int? StatusOfPage(string page)
    {
        var match = PageStatus().Match(Head(page, PageHead));
        return match.Success ? Number(match) : null;
    }

    /// <summary>Whether nothing is said but a status, or that there is no body.</summary>
    public static bool SaysNothing(string text) => text.Length < 100 && Nothing().IsMatch(text);

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

    // Somebody's sentence may begin with a tag; a page goes on as one.
    private static bool IsPage(ReadOnlySpan<char> page)
    {
        var tag = page.IndexOf('>');
        return tag < 0 || page[(tag + 1)..].IsWhiteSpace() || page.Contains("</", StringComparison.Ordinal)
            || page.Contains("<head", StringComparison.OrdinalIgnoreCase)
            || page.Contains("<body", StringComparison.OrdinalIgnoreCase)
            || page.Contains("<title", StringComparison.OrdinalIgnoreCase);
    }

    private static string Head(string text, int length) => text.Length > length ? text[..length] : text;

    private static int Number(Match match) => int.Parse(match.Groups["status"].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?:api error:?\s+|error(?: code)?[\s:]+|https?(?:/\d(?:\.\d)?)?[\s:]+(?:error[\s:]+)?|(?:unexpected |http )?status(?:[ _]?code)?[\s:=]+|request failed with |[\[(])*(?<status>[45]\d\d)(?=$|[\s:;,.\-<{\])])[\])]?[\s:;,.\-]*",
        AnyCase, Timeout.Infinite)]
    private static partial Regex InFront();

    [GeneratedRegex(
        @"\b(?:https?|status|error|code|got|received|returned|response)\b(?:[ _]?code\b)?[^\w\n]{0,4}(?:an? )?(?<status>[45]\d\d)\b",
        AnyCase, Timeout.Infinite)]
    private static partial Regex Mentioned();

    [GeneratedRegex(
        @"^(?:uncaught\s+|unhandled\s+|caused by:\s*)?(?:api (?=error))?(?:\w+[.:]{1,2})*(?<name>[a-z0-9]*(?:error|exception|warning))\s*(?::(?:\s+|$)|$)",
        AnyCase, Timeout.Infinite)]
    private static partial Regex ExceptionName();

    [GeneratedRegex(@"(?:<title[^>]*>|<h1[^>]*>|error(?: code)?[: ]{1,2})[^<]{0,80}?\b(?<status>[45]\d\d)\b", AnyCase, Timeout.Infinite)]
    private static partial Regex PageStatus();

    [GeneratedRegex(
        @"^(?:(?:http|error|status|code)?[\s:]*[45]\d\d)?[\s:.]*(?:status code)?[\s:.]*\(?(?:no (?:response )?body)?\)?\.?$",
        AnyCase, Timeout.Infinite)]
    private static partial Regex Nothing();
}
