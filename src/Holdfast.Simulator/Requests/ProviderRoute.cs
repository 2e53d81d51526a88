namespace Holdfast.Simulator.Requests;

/// <summary>What a path asks for.</summary>
internal enum ProviderEndpoint
{
    Unknown,
    Generate,
    CountTokens,
    ListModels,
    GetModel,

    /// <summary><c>/</c>: some clients look whether anybody is there.</summary>
    Root,
}

/// <summary>A request target, taken apart. Pure.</summary>
internal readonly record struct ProviderRoute(ProviderEndpoint Endpoint, SimulatedProtocol Protocol)
{
    /// <summary>The model of a Gemini path or of <c>/models/{id}</c>.</summary>
    public string? Model { get; init; }

    /// <summary>Gemini: the path, not the body, says whether the answer streams.</summary>
    public bool StreamsByPath { get; init; }

    /// <summary>Gemini: a stream without <c>alt=sse</c> is a JSON array.</summary>
    public bool JsonArray { get; init; }

    public static ProviderRoute Of(string target, bool hasAnthropicVersion, bool hasGoogleKey)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        var google = hasGoogleKey || path.StartsWith("/v1beta", StringComparison.Ordinal);
        var shared = hasAnthropicVersion ? SimulatedProtocol.Anthropic
            : google ? SimulatedProtocol.Gemini : SimulatedProtocol.Chat;
        var rest = WithoutVersion(path);

        return rest switch
        {
            "" or "/" => new(ProviderEndpoint.Root, shared),
            "/messages" => new(ProviderEndpoint.Generate, SimulatedProtocol.Anthropic),
            "/messages/count_tokens" => new(ProviderEndpoint.CountTokens, SimulatedProtocol.Anthropic),
            "/chat/completions" => new(ProviderEndpoint.Generate, SimulatedProtocol.Chat),
            "/responses" => new(ProviderEndpoint.Generate, SimulatedProtocol.Responses),
            "/responses/input_tokens" => new(ProviderEndpoint.CountTokens, SimulatedProtocol.Responses),
            "/models" => new(ProviderEndpoint.ListModels, shared),
            _ when rest.StartsWith("/models/", StringComparison.Ordinal) => OfModel(rest["/models/".Length..], shared,
                sse: query >= 0 && target.AsSpan(query).Contains("alt=sse", StringComparison.Ordinal)),
            _ => new(ProviderEndpoint.Unknown, shared),
        };
    }

    private static ProviderRoute OfModel(string rest, SimulatedProtocol shared, bool sse)
    {
        var colon = rest.LastIndexOf(':');
        var model = Uri.UnescapeDataString(colon < 0 ? rest : rest[..colon]);
        return (colon < 0 ? "" : rest[(colon + 1)..]) switch
        {
            "" => new(ProviderEndpoint.GetModel, shared) { Model = model },
            "generateContent" => new(ProviderEndpoint.Generate, SimulatedProtocol.Gemini) { Model = model },
            "streamGenerateContent" => new(ProviderEndpoint.Generate, SimulatedProtocol.Gemini)
            {
                Model = model,
                StreamsByPath = true,
                JsonArray = !sse,
            },
            "countTokens" => new(ProviderEndpoint.CountTokens, SimulatedProtocol.Gemini) { Model = model },
            _ => new(ProviderEndpoint.Unknown, SimulatedProtocol.Gemini),
        };
    }

    private static string WithoutVersion(string path)
    {
        foreach (var version in (ReadOnlySpan<string>)["/v1beta", "/v1"])
        {
            if (path.StartsWith(version, StringComparison.Ordinal)
                && (path.Length == version.Length || path[version.Length] == '/'))
            {
                return path[version.Length..];
            }
        }

        return path;
    }
}
