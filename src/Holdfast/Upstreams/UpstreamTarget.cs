using System.Collections.Concurrent;

namespace Holdfast.Upstreams;

/// <summary>Joins an upstream's base URL and a client's raw target. Never decodes or re-encodes it.</summary>
internal sealed class UpstreamTarget
{
    private static readonly string[] Versions = ["v1", "v1beta"];
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // Clients ask for the same few targets over and over, and a URL is expensive to take apart.
    private const int MostKnown = 64;
    private readonly ConcurrentDictionary<string, Uri> _known = new(StringComparer.Ordinal);

    private readonly string _root;
    private readonly string? _version;
    private readonly string _query;

    public UpstreamTarget(Uri baseUrl)
    {
        // Without user information: a credential in the base URL would be sent to nobody and shown to everybody.
        var origin = baseUrl.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        var path = baseUrl.AbsolutePath.TrimEnd('/');
        _version = Array.Find(Versions, version => path.EndsWith("/" + version, StringComparison.Ordinal));
        _root = origin + (_version is null ? path : path[..^(_version.Length + 1)]);
        _query = baseUrl.Query.TrimStart('?');
        IsPlain = baseUrl.Scheme == Uri.UriSchemeHttp;
    }

    /// <summary>Whether it is reached without TLS.</summary>
    public bool IsPlain { get; }

    /// <summary>The URL for a raw target (<c>/v1/messages?beta=true</c>) whose product prefix is removed.</summary>
    public Uri Join(string rawTarget)
    {
        if (_known.TryGetValue(rawTarget, out var known))
        {
            return known;
        }

        var url = Build(rawTarget);
        if (IsCommon(rawTarget) && _known.Count < MostKnown)
        {
            _known.TryAdd(rawTarget, url);
        }

        return url;
    }

    private static bool IsCommon(string rawTarget)
    {
        // A query may hold a key, which is not ours to keep.
        var query = rawTarget.IndexOf('?');
        return rawTarget.Length <= 64 && (query < 0 || rawTarget.AsSpan(query) is "?beta=true" or "?alt=sse");
    }

    private Uri Build(string rawTarget)
    {
        if (!rawTarget.StartsWith('/'))
        {
            throw new ArgumentException("A target begins with a slash.", nameof(rawTarget));
        }

        // Not a byte of a valid target is touched; what would break the request line is made harmless.
        if (rawTarget.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0)
        {
            rawTarget = string.Concat(
                rawTarget.Select(c => c is >= '!' and <= '~' ? $"{c}" : Uri.EscapeDataString($"{c}")));
        }

        var split = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = split < 0 ? rawTarget.AsSpan() : rawTarget.AsSpan(0, split);
        var query = split < 0 ? [] : rawTarget.AsSpan(split);
        if (_version is null)
        {
            return Url($"{_root}{path}", query);
        }

        return FindVersion(path) is { } segment
            ? Url($"{_root}{path[..segment.Start]}{_version}{path[segment.End..]}", query)
            : Url($"{_root}/{_version}{path}", query);
    }

    /// <summary>A URL without its query parameters of these names.</summary>
    public static Uri Without(Uri url, params ReadOnlySpan<string> names)
    {
        var text = url.OriginalString;
        var split = text.IndexOf('?', StringComparison.Ordinal);
        if (split < 0)
        {
            return url;
        }

        var kept = new List<string>();
        var dropped = false;
        foreach (var pair in text[(split + 1)..].Split('&'))
        {
            // The name is compared decoded: `k%65y` is the same parameter to the upstream.
            var named = names.Contains(Uri.UnescapeDataString(pair.Split('=', 2)[0]));
            dropped |= named;
            if (!named)
            {
                kept.Add(pair);
            }
        }

        var query = kept.Count == 0 ? "" : "?" + string.Join('&', kept);
        return dropped ? new Uri(text[..split] + query, Raw) : url;
    }

    private Uri Url(string upToPath, ReadOnlySpan<char> query) => _query.Length == 0
        ? new Uri($"{upToPath}{query}", Raw)
        : new Uri(query.Length > 1 ? $"{upToPath}{query}&{_query}" : $"{upToPath}?{_query}", Raw);

    /// <summary>The first segment that is a version.</summary>
    private static (int Start, int End)? FindVersion(ReadOnlySpan<char> path)
    {
        for (var start = 1; start <= path.Length;)
        {
            var length = path[start..].IndexOf('/');
            var end = length < 0 ? path.Length : start + length;
            if (path[start..end] is "v1" or "v1beta")
            {
                return (start, end);
            }

            start = end + 1;
        }

        return null;
    }
}
