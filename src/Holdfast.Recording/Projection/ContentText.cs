using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.Recording.Projection;

/// <summary>Makes the text people search out of content: nested texts in one, encoded data left out.</summary>
internal static class ContentText
{
    /// <summary>Where a long run of base64 letters begins to be data. Paths and hashes are shorter.</summary>
    private const int ShortestData = 256;

    private const int DeepestContent = 8;

    private static readonly SearchValues<char> Base64Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private static readonly Regex DataUri = new Regex(
        @"(?<before>data:[\w.+-]*/?[\w.+-]*(;[\w.=+-]+)*;base64,)([A-Za-z0-9+/]{60,}\r?\n)*[A-Za-z0-9+/_%=-]+",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>A text without the base64 data in it: data URIs keep what they say of themselves.</summary>
    public static string WithoutData(string text)
    {
        if (text.Contains(";base64,", StringComparison.OrdinalIgnoreCase))
        {
            text = DataUri.Replace(text, "${before}…");
        }

        return text.Length < ShortestData ? text : WithoutRuns(text);
    }

    /// <summary>An address of an image or a file; null where it is the data itself.</summary>
    public static string? Address(string? url) =>
        url is null || url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? null : url;

    /// <summary>The texts in the content of a message or of a tool's result, a line each; null for none.</summary>
    public static string? Of(JsonElement content)
    {
        if (content.AsText() is { } text)
        {
            return text;
        }

        var lines = new List<string>();
        Collect(content, lines, DeepestContent);
        return lines.Count == 0 ? null : string.Join('\n', lines);
    }

    private static void Collect(JsonElement content, List<string> lines, int depth)
    {
        if (depth == 0)
        {
            return;
        }

        foreach (var item in content.Items())
        {
            if (item.AsText() is { } line)
            {
                lines.Add(line);
            }
            else
            {
                Collect(item, lines, depth - 1);
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["title", "url", "text", "refusal", "stdout", "stderr", "error_code"])
        {
            if (content.TextAt(name) is { } line && (name != "url" || Address(line) is not null))
            {
                lines.Add(line);
            }
        }

        Collect(content.At("content"), lines, depth - 1);
        if (content.TextAt("content") is { } inner)
        {
            lines.Add(inner);
        }
    }

    private static string WithoutRuns(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var start = 0; start < text.Length; start++)
        {
            var rest = text.AsSpan(start);
            var length = rest.IndexOfAnyExcept(Base64Letters) is >= 0 and var end ? end : rest.Length;
            if (length >= ShortestData && IsMixed(rest[..length]))
            {
                result = (result ?? new StringBuilder()).Append(text, copied, start - copied).Append('…');
                copied = start + length;
            }

            start += length;
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Data has letters of both cases and digits; a ruler of one letter or a long number has not.</summary>
    private static bool IsMixed(ReadOnlySpan<char> run) =>
        run.ContainsAnyInRange('a', 'z') && run.ContainsAnyInRange('A', 'Z') && run.ContainsAnyInRange('0', '9');
}
