using System.Text;

namespace Holdfast.Wire.Usage;

/// <summary>Measures generated text where it stands in JSON. The measure is UTF-16 characters, an escape sequence being one:
/// cheap to count, and near enough for an estimate of tokens.</summary>
internal static class GeneratedText
{
    /// <summary>The length of a JSON string, its escapes not resolved.</summary>
    /// <param name="text">What stands between its quotes, and whatever follows them.</param>
    public static int Length(ReadOnlySpan<byte> text)
    {
        var end = 0;
        var escaping = 0;
        while (end < text.Length)
        {
            var next = text[end..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                end = text.Length;
                break;
            }

            end += next;
            if (text[end] == '"')
            {
                break;
            }

            var isCode = end + 1 < text.Length && text[end + 1] == 'u';
            escaping += isCode ? 5 : 1;
            end += isCode ? 6 : 2;
        }

        return Math.Max(0, Encoding.UTF8.GetCharCount(text[..Math.Min(end, text.Length)]) - escaping);
    }

    /// <summary>The length of the first string that is a member of this name, however deep; 0 without one. Reads no JSON: inside
    /// a string no quote stands without its backslash, so a name with a colon behind it is one.</summary>
    /// <param name="json">A JSON document.</param>
    /// <param name="name">The name in its quotes.</param>
    public static int LengthOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        while (json.IndexOf(name) is >= 0 and var at)
        {
            json = json[(at + name.Length)..].TrimStart(" \t\r\n"u8);
            if (json.IsEmpty || json[0] != ':')
            {
                continue;
            }

            json = json[1..].TrimStart(" \t\r\n"u8);
            return json.StartsWith("\""u8) ? Length(json[1..]) : 0;
        }

        return 0;
    }
}
