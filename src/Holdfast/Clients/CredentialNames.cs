namespace Holdfast.Clients;

/// <summary>Which headers, and which parameters of a query, may say who pays. Told by their names, since what a proxy before
/// the gateway or an upstream behind it takes for a credential is not known here.</summary>
internal static class CredentialNames
{
    /// <summary>What nobody else has: <c>authorization</c>, <c>api-key</c>, <c>x-auth-token</c>, <c>cf-access-client-secret</c> …</summary>
    private static readonly string[] Secrets =
        ["auth", "api-key", "apikey", "api_key", "access-key", "subscription-key", "secret", "credential", "passw", "assertion"];

    /// <summary>What may say whose it is, beside a secret or in its place, and may as well say nothing: a cookie can hold a
    /// login or a language.</summary>
    private static readonly string[] Owners =
    [
        "key", "token", "cookie", "signature", "account", "organization", "project", "tenant", "user", "email", "principal", "cert",
        "access",
    ];

    /// <summary>What says where a request came from, as the proxies before the gateway tell it.</summary>
    private static readonly string[] Origins = ["forwarded", "real-ip", "connecting-ip", "client-ip"];

    /// <summary>The credentials providers take, in the order in which they are put together.</summary>
    public static IReadOnlyList<string> OfProviders { get; } =
        ["x-api-key", "x-goog-api-key", "api-key", "authorization", "anthropic-api-key", "openai-api-key"];

    /// <summary>Whether a header, or a parameter of a query, bears a secret that tells its owner from everybody else.</summary>
    public static bool IsSecret(string name) => HasOneOf(name, Secrets)
        || name.EndsWith("token", StringComparison.OrdinalIgnoreCase) || name.Equals("key", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it may say whose the request is. An idempotency key says which turn it is.</summary>
    public static bool IsOwner(string name) => HasOneOf(name, Owners)
        && !name.EndsWith("user-agent", StringComparison.OrdinalIgnoreCase)
        && !name.EndsWith("idempotency-key", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it may say where the request came from.</summary>
    public static bool IsOrigin(string name) => HasOneOf(name, Origins);

    private static bool HasOneOf(string name, string[] words)
    {
        foreach (var word in words)
        {
            if (name.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
