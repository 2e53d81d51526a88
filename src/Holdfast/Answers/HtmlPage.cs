using System.Buffers;
using System.Net;
using System.Text;
using Holdfast.Failover;

namespace Holdfast.Answers;

/// <summary>Knows an HTML page, and takes its title out of it, so that our error can say what answered: at most 200
/// characters of text; no markup, nothing else of the page.</summary>
internal static class HtmlPage
{
    private const int LongestTitle = 200;

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
        var head = Encoding.UTF8.GetString(page.Slice(0, Math.Min(page.Length, Excerpt.Longest)));
        if (TitleIn(head) is not { Length: > 0 } title)
        {
            return "";
        }

        var text = string.Join(' ', WebUtility.HtmlDecode(title).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length == 0 ? "" : $": \"{Excerpt.Of(text, LongestTitle)}\"";
    }

    private static string? TitleIn(string head)
    {
        for (var at = 0; head.AsSpan(at).IndexOf("<title", StringComparison.OrdinalIgnoreCase) is >= 0 and var next;)
        {
            var opened = head.IndexOf('>', at + next) + 1;
            var closed = opened == 0 ? -1 : head.IndexOf('<', opened);
            if (closed < 0)
            {
                return null;
            }

            if (head.AsSpan(closed).StartsWith("</title>", StringComparison.OrdinalIgnoreCase))
            {
                return head[opened..closed];
            }

            // Whatever begins a title inside this tag ends with it as well.
            at = opened;
        }

        return null;
    }

    private static bool Begins(ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag) =>
        text.Length >= tag.Length && Ascii.EqualsIgnoreCase(text[..tag.Length], tag);
}
