using System.Globalization;

namespace Holdfast.Proxy;

/// <summary>Who calls, as the client itself says: name, version, session. Statements, never a proof of anything.</summary>
/// <param name="Name">First product of the user agent (<c>claude-cli</c>, <c>codex_exec</c>, <c>OpenAI</c>).</param>
/// <param name="Version">Its version.</param>
/// <param name="Session">The conversation, from the headers clients are known to send.</param>
internal sealed record ClientIdentity(string? Name, string? Version, string? Session)
{
    /// <summary>Headers that name the conversation, the more specific first (clients.md section 2).</summary>
    private static readonly string[] SessionHeaders =
        ["x-claude-code-session-id", "session-id", "session_id", "x-session-id"];

    /// <summary>Codex skips plain <c>error</c> events, and waits 900 s for headers (clients.md sections 3 and 4).</summary>
    public bool IsCodex { get; private init; }

    /// <summary>How long it says it waits for an answer to begin. Official SDKs say so; .NET's of Anthropic waits
    /// 30 s.</summary>
    public TimeSpan? Patience { get; private init; }

    public static ClientIdentity Of(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString().AsSpan();
        var product = agent.IndexOf(' ') is var space and >= 0 ? agent[..space] : agent;
        var slash = product.IndexOf('/');
        var name = slash < 0 ? product : product[..slash];
        var version = slash < 0 ? default : product[(slash + 1)..];
        return new(TextOf(name), TextOf(version), SessionOf(request))
        {
            IsCodex = name.StartsWith("codex", StringComparison.OrdinalIgnoreCase)
                || request.Headers["originator"].ToString().StartsWith("codex", StringComparison.OrdinalIgnoreCase),
            Patience = PatienceOf(request.Headers["x-stainless-timeout"].ToString()),
        };
    }

    private static string? SessionOf(HttpRequest request)
    {
        foreach (var header in SessionHeaders)
        {
            if (request.Headers.TryGetValue(header, out var value) && value.Count == 1)
            {
                return value.ToString();
            }
        }

        return null;
    }

    private static TimeSpan? PatienceOf(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 86_400
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static string? TextOf(ReadOnlySpan<char> text) => text.IsEmpty ? null : text.ToString();
}
