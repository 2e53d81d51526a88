using System.Buffers;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Proxy;

/// <summary>Takes the title out of an HTML page, so that our error can say what answered. At most 200 characters of
/// text; no markup, nothing else of the page.</summary>
internal static partial class HtmlTitle
{
    /// <summary>The title as <c>: "…"</c>, or nothing.</summary>
    public static string Of(in ReadOnlySequence<byte> page)
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

    [GeneratedRegex("<title[^>]*>(?<title>[^<]*)</title>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Title();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Blanks();
}
