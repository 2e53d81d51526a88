using Holdfast.Wire;

namespace Holdfast.Upstreams;

/// <summary>Replaces the client's credential by the upstream's own, if it has one. The secret lives here and nowhere
/// else, and is never shown.</summary>
internal sealed class UpstreamCredential
{
    // Besides the keys themselves what names the account they belong to: beside another key it is refused.
    private static readonly string[] ClientHeaders =
    [
        "authorization", "x-api-key", "x-goog-api-key", "api-key", "proxy-authorization", "cookie",
        "openai-organization", "openai-project", "chatgpt-account-id", "x-goog-user-project",
    ];

    private readonly ProtocolFamily _protocol;
    private readonly string? _secret;

    /// <param name="protocol">Decides which header bears the secret.</param>
    /// <param name="secret">The upstream's own; null sends none at all.</param>
    public UpstreamCredential(ProtocolFamily protocol, string? secret)
    {
        _protocol = protocol;
        _secret = string.IsNullOrWhiteSpace(secret) ? null : secret.Trim();
    }

    /// <summary>Removes every credential of the client from the request, then adds the upstream's own.</summary>
    public void ApplyTo(HttpRequestMessage request)
    {
        foreach (var header in ClientHeaders)
        {
            request.Headers.Remove(header);
        }

        // Google takes credentials in the query too; who gets none at all, the simulator, speaks every protocol.
        if ((_protocol == ProtocolFamily.Gemini || _secret is null) && request.RequestUri is { } url)
        {
            request.RequestUri = UpstreamTarget.Without(url, "key", "access_token");
        }

        if (_secret is not null)
        {
            var (header, value) = _protocol switch
            {
                ProtocolFamily.Anthropic => ("x-api-key", _secret),
                ProtocolFamily.Gemini => ("x-goog-api-key", _secret),
                _ => ("Authorization", "Bearer " + _secret),
            };
            request.Headers.TryAddWithoutValidation(header, value);
        }
    }

    public override string ToString() => "(credential)";
}
