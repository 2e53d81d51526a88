namespace Holdfast.Wire.Protocols;

/// <summary>What a path asks for.</summary>
public enum WireOperation
{
    /// <summary>A turn: the answer is generated, streamed or whole.</summary>
    Generate,

    /// <summary>Anything else below <c>/v1</c> and <c>/v1beta</c>: models, token counts, files, batches.</summary>
    Other,
}

/// <summary>What a request's raw target says: protocol, operation, product prefix. Pure; keeps the target's bytes.</summary>
/// <param name="Protocol">The wire protocol; decides error shapes and streams.</param>
/// <param name="Family">Whose upstream serves it.</param>
/// <param name="Operation">What is asked for.</param>
/// <param name="Product">The segment before <c>/v1</c>, if any (<c>/{product}/v1/…</c>, R52).</param>
/// <param name="Target">The raw target without the product segment, query included.</param>
/// <param name="ModelInPath">The model where the path names it (Gemini).</param>
/// <param name="StreamsByPath">Whether the path itself asks for a stream (Gemini).</param>
public sealed record WirePath(
    WireProtocol Protocol, ProtocolFamily Family, WireOperation Operation, string? Product, string Target,
    string? ModelInPath = null, bool StreamsByPath = false)
{
    /// <summary>Ours alone: never forwarded, never a product (D4).</summary>
    private static readonly string[] Reserved =
        ["admin", "metrics", "healthz", "readyz", "v1/logs", "v1/traces", "v1/metrics"];

    /// <summary>What may stand behind the colon of a Gemini path. Below <c>/v1</c> a colon alone says nothing: OpenAI's
    /// fine-tuned models have some in their names.</summary>
    private static readonly string[] GeminiMethods =
    [
        "generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents",
        "batchGenerateContent", "predict", "predictLongRunning",
    ];

    /// <summary>Whether the stream asked for is a JSON array rather than server-sent events (Gemini without <c>alt=sse</c>).</summary>
    public bool StreamsAsArray { get; private init; }

    /// <summary>Whether the events of a stream from this path are the protocol's own: of a turn, or of a stored response
    /// that is read again (<c>GET /v1/responses/{id}?stream=true</c>).</summary>
    public bool StreamsKnownEvents =>
        Operation == WireOperation.Generate || Protocol == WireProtocols.OpenAIResponses;

    /// <summary>The target without what only says whether and how the answer is streamed: Gemini has that in the path and in
    /// <c>alt=sse</c>, the others in the body.</summary>
    public string UnstreamedTarget
    {
        get
        {
            if (!StreamsByPath)
            {
                return Target;
            }

            var path = PathOf(Target);
            var query = string.Join('&', Target[path.Length..].TrimStart('?').Split('&').Where(one => !IsSse(one)));
            return $"{path[..path.LastIndexOf(':')]}:generateContent{(query.Length > 0 ? "?" : "")}{query}";
        }
    }

    /// <summary>The target with another model in the place of the one the path names.</summary>
    public string TargetWith(string model)
    {
        var path = PathOf(Target);
        var start = path.IndexOf("odels/") + "odels/".Length;
        var end = path.LastIndexOf(':');
        return ModelInPath is null || start < 6 || end < start
            ? Target
            : $"{Target.AsSpan(0, start)}{Uri.EscapeDataString(model)}{Target.AsSpan(end)}";
    }

    /// <summary>Reads a raw request target; null where no protocol has this path.</summary>
    /// <param name="target">As received: origin form, not decoded.</param>
    /// <param name="hasAnthropicVersion">Whether the header <c>anthropic-version</c> is there (D9).</param>
    /// <param name="hasGoogleKey">Whether the header <c>x-goog-api-key</c> is there (D9).</param>
    public static WirePath? Parse(string target, bool hasAnthropicVersion = false, bool hasGoogleKey = false)
    {
        if (target.Length == 0 || target[0] != '/')
        {
            return null;
        }

        string? product = null;
        var path = PathOf(target);
        if (!StartsVersioned(path))
        {
            var second = path[1..].IndexOf('/') + 1;
            if (second <= 1 || !StartsVersioned(path[second..]))
            {
                return null;
            }

            product = path[1..second].ToString();
            target = target[second..];
            path = PathOf(target);
        }

        return IsReserved(product ?? "") || IsReserved(path[1..])
            ? null
            : Classify(path, target, product, hasAnthropicVersion, hasGoogleKey);
    }

    private static WirePath Classify(
        ReadOnlySpan<char> path, string target, string? product, bool hasAnthropicVersion, bool hasGoogleKey)
    {
        if (path.StartsWith("/v1beta/openai/"))
        {
            // Google's OpenAI-compatible surface: Chat on the wire, Gemini's host behind it.
            var generates = path is "/v1beta/openai/chat/completions";
            return new(WireProtocols.OpenAIChat, ProtocolFamily.Gemini, OperationIf(generates), product, target);
        }

        return path switch
        {
            "/v1/messages" => Of(WireProtocols.Anthropic, WireOperation.Generate),
            "/v1/chat/completions" or "/v1/completions" => Of(WireProtocols.OpenAIChat, WireOperation.Generate),
            "/v1/responses" => Of(WireProtocols.OpenAIResponses, WireOperation.Generate),
            _ when path.StartsWith("/v1/messages/") => Of(WireProtocols.Anthropic, WireOperation.Other),
            _ when path.StartsWith("/v1/responses/") => Of(WireProtocols.OpenAIResponses, WireOperation.Other),
            _ when IsGeminiCall(path, out var model, out var method) => Gemini(model, method),
            _ when hasAnthropicVersion => Of(WireProtocols.Anthropic, WireOperation.Other),
            _ when hasGoogleKey || path.StartsWith("/v1beta/") => Of(WireProtocols.Gemini, WireOperation.Other),
            _ => Of(WireProtocols.OpenAIChat, WireOperation.Other),
        };

        WirePath Of(WireProtocol protocol, WireOperation operation) =>
            new(protocol, protocol.Family, operation, product, target);

        WirePath Gemini(string model, string method)
        {
            var streams = method == "streamGenerateContent";
            return new(WireProtocols.Gemini, ProtocolFamily.Gemini, OperationIf(streams || method == "generateContent"),
                product, target, model, streams)
            {
                StreamsAsArray = streams && !HasSseQuery(target),
            };
        }
    }

    private static WireOperation OperationIf(bool generates) => generates ? WireOperation.Generate : WireOperation.Other;

    private static bool IsGeminiCall(ReadOnlySpan<char> path, out string model, out string method)
    {
        model = method = "";
        var models = path.IndexOf("odels/");
        var colon = path.LastIndexOf(':');
        if (models < 0 || colon < models + 6)
        {
            return false;
        }

        model = Uri.UnescapeDataString(path[(models + 6)..colon].ToString());
        method = path[(colon + 1)..].ToString();
        return path.StartsWith("/v1beta/") || GeminiMethods.Contains(method, StringComparer.Ordinal);
    }

    private static bool HasSseQuery(string target) =>
        target.IndexOf('?') is >= 0 and var query && target[(query + 1)..].Split('&').Any(IsSse);

    private static bool IsSse(string parameter) => parameter.Equals("alt=sse", StringComparison.OrdinalIgnoreCase);

    private static bool StartsVersioned(ReadOnlySpan<char> path) =>
        path.StartsWith("/v1/") || path.StartsWith("/v1beta/");

    private static bool IsReserved(ReadOnlySpan<char> path)
    {
        // However it is written: an upstream may decode it and not mind the case.
        if (path.Contains('%'))
        {
            path = Uri.UnescapeDataString(path.ToString());
        }

        foreach (var reserved in Reserved)
        {
            if (path.StartsWith(reserved, StringComparison.OrdinalIgnoreCase)
                && (path.Length == reserved.Length || path[reserved.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> PathOf(string target)
    {
        var query = target.IndexOf('?');
        return query < 0 ? target : target.AsSpan(0, query);
    }
}
