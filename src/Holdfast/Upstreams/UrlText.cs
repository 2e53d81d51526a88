using System.Text;

namespace Holdfast.Upstreams;

/// <summary>Takes what may be a secret out of the URLs that stand in a text. Pure, in one walk over the text.</summary>
internal static class UrlText
{
    private const string BeforeHost = "://";

    /// <summary>The text without user information (<c>http://name:password@host</c>), each query told as <c>?…</c>.</summary>
    public static string WithoutSecrets(string text) => WithoutQueries(WithoutUsers(text));

    private static string WithoutUsers(string text)
    {
        var result = new StringBuilder();
        var copied = 0;
        for (var at = 0; text.AsSpan(at).IndexOf(BeforeHost) is >= 0 and var next;)
        {
            var host = at + next + BeforeHost.Length;
            var end = EndOf(text, host, "'\"/@");
            at = host;
            if (end > host && end < text.Length && text[end] == '@')
            {
                result.Append(text, copied, host - copied);
                at = copied = end + 1;
            }
        }

        return copied == 0 ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static string WithoutQueries(string text)
    {
        var result = new StringBuilder();
        var copied = 0;
        for (var at = 0; text.AsSpan(at).IndexOf(BeforeHost) is >= 0 and var next;)
        {
            var host = at + next + BeforeHost.Length;
            at = EndOf(text, host, "'\"");
            if (text.IndexOf('?', host, at - host) is >= 0 and var query)
            {
                result.Append(text, copied, query - copied).Append("?…");
                copied = at;
            }
        }

        return copied == 0 ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    // Blanks of every kind end a URL.
    private static int EndOf(string text, int from, string letters)
    {
        while (from < text.Length && !char.IsWhiteSpace(text[from]) && !letters.Contains(text[from], StringComparison.Ordinal))
        {
            from++;
        }

        return from;
    }
}
