using System.Buffers;
using System.Text;

namespace Holdfast.Recording.Redaction;

/// <summary>Finds private keys in their armour, also where the end of one was cut off. No expression does that in linear time
/// when a text has many beginnings and no end.</summary>
internal static class PrivateKeys
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";
    private const int LongestLabel = 64;

    private static readonly SearchValues<char> KeyLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n\\:,.-");

    /// <summary>A text without the keys: the same instance where it holds none.</summary>
    public static string Hide(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        var hasEnds = true;
        for (var at = IndexOf(Begin, text, 0); at >= 0; at = IndexOf(Begin, text, Math.Max(at + 1, copied)))
        {
            var label = at + Begin.Length;
            var body = IndexOf(Dashes, text.AsSpan(0, Math.Min(text.Length, label + LongestLabel)), label) + Dashes.Length;
            if (body < Dashes.Length || !text.AsSpan(label, body - label).Contains("PRIVATE KEY", StringComparison.Ordinal))
            {
                continue;
            }

            var end = hasEnds ? IndexOf(End, text, body) : -1;
            hasEnds = end >= 0;
            result = (result ?? new StringBuilder(text.Length)).Append(text, copied, at - copied).Append(BodyRedaction.Hidden);
            copied = hasEnds ? EndOfLine(text, end + End.Length) : EndOfKey(text, body);
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static int EndOfLine(string text, int label) =>
        IndexOf(Dashes, text, label) is >= 0 and var dashes ? dashes + Dashes.Length : text.Length;

    /// <summary>Where what may belong to a key ends: base64, its headers, line ends that may be escaped.</summary>
    private static int EndOfKey(string text, int start)
    {
        var length = text.AsSpan(start).IndexOfAnyExcept(KeyLetters);
        return length < 0 ? text.Length : start + length;
    }

    private static int IndexOf(string what, ReadOnlySpan<char> text, int start) =>
        start < text.Length && text[start..].IndexOf(what, StringComparison.Ordinal) is >= 0 and var found ? start + found : -1;
}
