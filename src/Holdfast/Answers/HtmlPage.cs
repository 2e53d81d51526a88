using System.Buffers;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Answers;

/// <summary>Knows an HTML page, and takes its title out of it, so that our error can say what answered: at most 200
/// characters of text; no markup, nothing else of the page (D17).</summary>
internal static partial class HtmlPage
{
    /// <summary>Whether an answer is a page, by its content type or, where that says nothing or lies, by its first
    /// tag.</summary>
    public static bool IsIn(string contentType, ReadOnlySpan<byte> start)
    {
        if (contentType.StartsWith("text/html", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/xhtml", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var text = start.TrimStart(" \t\r\n"u8);
        return Begins(text, "<!doctype html"u8) || Begins(text, "<html"u8);
    }

    /// <summary>The title as <c>: "…"</c>, or nothing.</summary>
    public static string TitleOf(in ReadOnlySequence<byte> page)
    {
        var head = Encoding.UTF8.GetString(page.Slice(0, Math.Min(page.Length, 16 * 1024)));
        var match = Title().Match(head);
        if (!match.Success)
        {
            return "";
        }

        var text = Blanks().Replace(WebUtility.HtmlDecode(match.Groups["title"].Value), " ").Trim();
        return text.Length == 0 ? "" : $": \"{(text.Length > 200 ? text[..200] : text)}\"";
    }

    private static bool Begins(ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag) =>
        text.Length >= tag.Length && Ascii.EqualsIgnoreCase(text[..tag.Length], tag);

    [GeneratedRegex("<title[^>]*>(?<title>[^<]*)</title>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Title();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Blanks();
}
