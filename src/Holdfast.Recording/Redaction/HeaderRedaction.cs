namespace Holdfast.Recording.Redaction;

/// <summary>Takes the secrets out of headers before they are recorded. Of a long one its last four characters stay, so that two
/// keys can be told apart. Safe from any thread.</summary>
public sealed class HeaderRedaction
{
    /// <summary>What is shorter would be half told by its last four characters.</summary>
    private const int ShortestTold = 12;

    private static readonly string[] Known =
    [
        "authorization", "proxy-authorization", "x-api-key", "api-key", "anthropic-api-key", "x-goog-api-key", "cookie",
        "set-cookie", "chatgpt-account-id",
    ];

    private readonly HashSet<string> _names;

    /// <summary>Takes names of headers on top of the built-in ones; case does not matter.</summary>
    public HeaderRedaction(params IEnumerable<string> names) =>
        _names = new([.. Known, .. names], StringComparer.OrdinalIgnoreCase);

    /// <summary>The value of a header as it may be recorded.</summary>
    public string Value(string name, string value)
    {
        if (!_names.Contains(name))
        {
            return value;
        }

        // The scheme is no part of the secret. The end of basic credentials is the end of a password.
        var hasScheme = name.EndsWith("authorization", StringComparison.OrdinalIgnoreCase);
        var secret = hasScheme && value.IndexOf(' ') is >= 0 and var space ? value.AsSpan(space).Trim() : value;
        return secret.Length < ShortestTold || value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            ? BodyRedaction.Hidden
            : $"{BodyRedaction.Hidden}:{secret[^4..]}";
    }

    /// <summary>Headers as they may be recorded, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values(IEnumerable<KeyValuePair<string, string>> headers) =>
        [.. headers.Select(header => KeyValuePair.Create(header.Key, Value(header.Key, header.Value)))];
}
