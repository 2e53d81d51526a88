using System.Text.Json;
using Holdfast.Wire.Json;

namespace Holdfast.Wire.Turns;

/// <summary>Makes one text out of content whose texts are nested.</summary>
internal static class ContentText
{
    private const int DeepestContent = 8;

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
}
