using Holdfast.Connections;

namespace Holdfast.Clients;

/// <summary>Knows which clients take interim <c>1xx</c> answers: only those measured to. Python's <c>http.client</c>
/// breaks on them, and a proxy between us may as well. Pure.</summary>
internal static class InterimPolicy
{
    private static readonly string[] Agents = ["node", "undici", "bun/", "curl/", "claude-cli/"];

    private static readonly string[] Runtimes = ["node", "bun", "deno", ".NET", "dotnet"];

    /// <summary>Whether the sender of this request takes them.</summary>
    public static bool Accepts(HttpRequest request) =>
        !Loopback.IsForwarded(request) && !request.Headers.ContainsKey("Via")
        && Accepts(request.Headers.UserAgent, request.Headers["X-Stainless-Runtime"]);

    /// <summary>Whether a client that names itself so takes them.</summary>
    /// <param name="userAgent">Its <c>User-Agent</c>.</param>
    /// <param name="runtime">What the official SDKs say in <c>X-Stainless-Runtime</c>; it wins.</param>
    public static bool Accepts(string? userAgent, string? runtime)
    {
        if (!string.IsNullOrEmpty(runtime))
        {
            return Runtimes.Contains(runtime, StringComparer.OrdinalIgnoreCase);
        }

        return userAgent is not null
            && (Agents.Any(agent => IsProduct(userAgent, agent))
                || userAgent.Contains("(.NET ", StringComparison.Ordinal)
                || userAgent.Contains(" gl-node/", StringComparison.Ordinal));
    }

    private static bool IsProduct(string userAgent, string agent) =>
        userAgent.StartsWith(agent, StringComparison.OrdinalIgnoreCase)
        && (agent[^1] == '/' || userAgent.Length == agent.Length || userAgent[agent.Length] is '/' or ' ');
}
