using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Recording.Projection;

/// <summary>Leaves encoded data out of the texts people search in.</summary>
internal static class EncodedData
{
    /// <summary>Where a long run of base64 letters begins to be data. Paths and hashes are shorter.</summary>
    private const int ShortestData = 256;

    private static readonly SearchValues<char> Base64Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private static readonly Regex DataUri = new Regex(
        @"(?<before>data:[\w.+-]*/?[\w.+-]*(;[\w.=+-]+)*;base64,)([A-Za-z0-9+/]{60,}\r?\n)*[A-Za-z0-9+/_%=-]+",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>A text without the base64 data in it: data URIs keep what they say of themselves.</summary>
    public static string RemovedFrom(string text)
    {
        if (text.Contains(";base64,", StringComparison.OrdinalIgnoreCase))
        {
            text = DataUri.Replace(text, "${before}…");
        }

        return text.Length < ShortestData ? text : WithoutRuns(text);
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
