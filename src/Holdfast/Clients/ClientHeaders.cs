using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Clients;

/// <summary>What the gateway itself reads of a client's headers, in one pass over them: which client it is, as it says itself
/// (statements, never a proof of anything), and what it asks of us. Who pays is <see cref="Clients.Caller"/>'s.</summary>
internal sealed class ClientHeaders
{
    /// <summary>Says that nobody will come back for the answer.</summary>
    public const string NoTurn = "none";

    private int _sessionRank;
    private string? _turnMetadata;
    private KnownClient? _runtime;

    /// <summary>First product of the user agent (<c>claude-cli</c>, <c>codex_exec</c>, <c>OpenAI</c>).</summary>
    public string? Name { get; private init; }

    /// <summary>Its version.</summary>
    public string? Version { get; private init; }

    /// <summary>The conversation, from the headers clients are known to send.</summary>
    public string? Session { get; private set; }

    /// <summary>What is known of the client.</summary>
    public KnownClient Known { get; private set; } = KnownClient.Anybody;

    /// <summary>Whether it takes interim answers: its runtime decides where one is stated, since a user agent may be
    /// borrowed.</summary>
    public bool TakesInterim => (_runtime ?? Known).TakesInterim;

    /// <summary>What it says of its turn that is the same in all sendings of one request; null where it says nothing.</summary>
    public string? StatedTurn =>
        _turnMetadata is { } metadata && CodexTurn.Read(metadata) is { } turn ? $"{turn.Turn} {turn.Kind}" : null;

    /// <summary>How long it says it waits for an answer to begin. Official SDKs say so; .NET's of Anthropic waits
    /// 30 s.</summary>
    public TimeSpan? Patience { get; private set; }

    /// <summary>How many times it says it has asked before.</summary>
    public string? RetryCount { get; private set; }

    /// <summary>Its idempotency key.</summary>
    public string? IdempotencyKey { get; private set; }

    /// <summary>The turn it says this is (<c>holdfast-turn</c>); <see cref="NoTurn"/> where it must end with its client.</summary>
    public string? Turn { get; private set; }

    /// <summary>The upstream it asks for by name (<c>holdfast-upstream</c>).</summary>
    public string? Upstream { get; private set; }

    /// <summary>The directory it says it works in (<c>holdfast-directory</c>).</summary>
    public string? Directory { get; private set; }

    /// <summary>Whether it wants no other candidate than the first (<c>holdfast-no-fallback</c>).</summary>
    public bool RefusesFallback { get; private set; }

    /// <summary>Whether <c>anthropic-version</c> is there; it tells whose models are asked for.</summary>
    public bool HasAnthropicVersion { get; private set; }

    /// <summary>Whether <c>x-goog-api-key</c> is there; it tells whose models are asked for.</summary>
    public bool HasGoogleKey { get; private set; }

    public static ClientHeaders Of(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        var product = agent.AsSpan();
        product = product.IndexOf(' ') is var space and >= 0 ? product[..space] : product;
        var slash = product.IndexOf('/');
        var name = slash < 0 ? product : product[..slash];
        var client = new ClientHeaders
        {
            Name = TextOf(name),
            Version = slash < 0 ? null : TextOf(product[(slash + 1)..]),
        };
        string? originator = null;
        foreach (var (header, values) in request.Headers)
        {
            // By their lengths first: most headers are none of these.
            switch (header.Length)
            {
                case 10 when Is("originator"):
                    originator = values.ToString();
                    break;
                case 10 when Is("session-id") || Is("session_id"):
                    client.NoteSession(values, rank: Is("session-id") ? 3 : 2);
                    break;
                case 12 when Is("x-session-id"):
                    client.NoteSession(values, rank: 1);
                    break;
                case 13 when Is("holdfast-turn"):
                    client.Turn = values.ToString();
                    break;
                case 14 when Is("x-goog-api-key"):
                    client.HasGoogleKey = true;
                    break;
                case 15 when Is("idempotency-key"):
                    client.IdempotencyKey = values.ToString();
                    break;
                case 17 when Is("anthropic-version"):
                    client.HasAnthropicVersion = true;
                    break;
                case 17 when Is("holdfast-upstream"):
                    client.Upstream = values.ToString();
                    break;
                case 18 when Is("holdfast-directory"):
                    client.Directory = values.ToString();
                    break;
                case 19 when Is("x-stainless-timeout"):
                    client.Patience = PatienceOf(values.ToString());
                    break;
                case 19 when Is("x-stainless-runtime"):
                    client._runtime = KnownClients.OfRuntime(values.ToString());
                    break;
                case 20 when Is("holdfast-no-fallback"):
                    client.RefusesFallback = values.ToString() is not ("false" or "0");
                    break;
                case 21 when Is("x-codex-turn-metadata"):
                    client._turnMetadata = values.ToString();
                    break;
                case 23 when Is("x-stainless-retry-count"):
                    client.RetryCount = values.ToString();
                    break;
                case 24 when Is("x-claude-code-session-id"):
                    client.NoteSession(values, rank: 4);
                    break;
            }

            bool Is(string known) => header.Equals(known, StringComparison.OrdinalIgnoreCase);
        }

        client.Known = KnownClients.Of(agent, name, originator, client._runtime);
        return client;
    }

    // The more specific header wins; one that is there twice says nothing.
    private void NoteSession(StringValues values, int rank)
    {
        if (values.Count == 1 && rank > _sessionRank)
        {
            (Session, _sessionRank) = (values.ToString(), rank);
        }
    }

    private static TimeSpan? PatienceOf(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 86_400
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static string? TextOf(ReadOnlySpan<char> text) => text.IsEmpty ? null : text.ToString();
}
