using Holdfast.Wire;

namespace Holdfast.Upstreams;

/// <summary>What a request is sent to an upstream with: the client's own credential, or another in its place. The secret
/// lives here and nowhere else, and is never shown.</summary>
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
    /// <param name="name">What records and the status call it.</param>
    public UpstreamCredential(ProtocolFamily protocol, string? secret, string name = "none")
    {
        _protocol = protocol;
        _secret = string.IsNullOrWhiteSpace(secret) ? null : secret.Trim();
        Name = name;
    }

    /// <summary>The client's own, whatever it is: nothing of the request is changed.</summary>
    public static UpstreamCredential OfClient { get; } = new(default, null, "client") { IsClients = true };

    /// <summary>The name of the environment variable it comes from; <c>client</c> or <c>none</c> where there is none.</summary>
    public string Name { get; }

    /// <summary>Whether it is the client's own.</summary>
    public bool IsClients { get; private init; }

    /// <summary>Removes every credential of the client from the request, then adds the upstream's own; does nothing where
    /// the client's is to pass.</summary>
    public void ApplyTo(HttpRequestMessage request)
    {
        if (IsClients)
        {
            return;
        }

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
