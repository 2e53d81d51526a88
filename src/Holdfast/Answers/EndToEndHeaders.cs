using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Answers;

/// <summary>Which headers cross the gateway, and how: everything end to end, nothing hop by hop, nothing of ours.</summary>
internal static class EndToEndHeaders
{
    /// <summary>Belong to one connection (RFC 9110 section 7.6.1), or to a property of it.</summary>
    private static readonly FrozenSet<string> HopByHop = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "alt-svc");

    /// <summary>What of a request stays here: what is hop by hop, and the message framing, which is set anew.</summary>
    private static readonly FrozenSet<string> StaysHere = FrozenSet.ToFrozenSet(
        [.. HopByHop, "host", "content-length", "expect"], StringComparer.OrdinalIgnoreCase);

    private static readonly SearchValues<char> Unsendable =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c != '\t').Select(c => (char)c), '\x7F']);

    /// <summary>Copies the client's end-to-end headers to the upstream's request.</summary>
    public static void CopyTo(HttpRequestMessage target, HttpRequest source, bool asksForIdentity)
    {
        var named = ConnectionTokens(source.Headers.Connection.ToString());
        foreach (var (name, values) in source.Headers)
        {
            if (name.Length == 0 || name[0] == ':' || StaysHere.Contains(name)
                || named?.Contains(name) == true || name.StartsWith("holdfast-", StringComparison.OrdinalIgnoreCase)
                || asksForIdentity && name.Equals("accept-encoding", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            Add(target, name, values);
        }

        if (asksForIdentity)
        {
            // The one end-to-end header we replace (D32): a compressed stream could not be watched.
            target.Headers.TryAddWithoutValidation("accept-encoding", "identity");
        }
    }

    /// <summary>Copies the upstream's end-to-end headers to the client's answer.</summary>
    /// <param name="source">The upstream's answer.</param>
    /// <param name="target">Ours.</param>
    /// <param name="keepsBody">Whether the body goes through byte for byte, so that its length and encoding still hold.</param>
    public static void CopyTo(HttpResponseMessage source, IHeaderDictionary target, bool keepsBody)
    {
        var named = source.Headers.NonValidated.TryGetValues("connection", out var connection)
            ? ConnectionTokens(connection.ToString())
            : null;
        foreach (var header in source.Headers.NonValidated)
        {
            if (!HopByHop.Contains(header.Key) && named?.Contains(header.Key) != true)
            {
                Add(target, header.Key, header.Value);
            }
        }

        foreach (var header in source.Content.Headers.NonValidated)
        {
            var isFraming = header.Key.Equals("content-length", StringComparison.OrdinalIgnoreCase)
                || header.Key.Equals("content-encoding", StringComparison.OrdinalIgnoreCase);
            if (keepsBody || !isFraming)
            {
                Add(target, header.Key, header.Value);
            }
        }
    }

    private static void Add(HttpRequestMessage target, string name, StringValues values)
    {
        if (values.Count == 1)
        {
            if (!target.Headers.TryAddWithoutValidation(name, values[0]))
            {
                ContentOf(target).Headers.TryAddWithoutValidation(name, values[0]);
            }
        }
        else if (!target.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            ContentOf(target).Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    /// <summary>Headers that describe a body need one to go with, be it empty.</summary>
    private static HttpContent ContentOf(HttpRequestMessage target) => target.Content ??= new ByteArrayContent([]);

    private static void Add(IHeaderDictionary target, string name, HeaderStringValues values)
    {
        var text = ValuesOf(values);
        foreach (var value in text)
        {
            if (value.AsSpan().ContainsAny(Unsendable))
            {
                // Control characters are no HTTP: such a header is left out, since it cannot be sent.
                return;
            }
        }

        target[name] = text;
    }

    private static StringValues ValuesOf(HeaderStringValues values)
    {
        if (values.Count <= 1)
        {
            return values.ToString();
        }

        var texts = new string[values.Count];
        var i = 0;
        foreach (var value in values)
        {
            texts[i++] = value;
        }

        return texts;
    }

    private static HashSet<string>? ConnectionTokens(string text)
    {
        if (text.Length == 0 || text.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
            || text.Equals("close", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return new(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            StringComparer.OrdinalIgnoreCase);
    }
}
