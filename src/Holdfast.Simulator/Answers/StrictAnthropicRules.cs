using System.Text.Json;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Answers;

/// <summary>The checks of the real Anthropic API that a gateway must neither trigger nor hide. Pure.</summary>
internal static class StrictAnthropicRules
{
    private static readonly HashSet<string> KnownFields = new(StringComparer.Ordinal)
    {
        "model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "output_config",
        "output_format", "context_management", "mcp_servers", "container", "service_tier", "speed", "inference_geo",
        "cache_control", "metadata", "stop_sequences", "stream", "temperature", "top_p", "top_k", "diagnostics",
        "fallbacks", "fallback_credit_token", "safeguards", "thread", "billing_policy", "compaction", "betas",
    };

    /// <summary>The message of the 400, or null when the request is fine.</summary>
    public static string? Violation(SimulatedRequest request)
    {
        try
        {
            using var json = JsonDocument.Parse(request.Body, new JsonDocumentOptions { MaxDepth = 1000 });
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? Violation(json.RootElement, request)
                : "The request body is not an object";
        }
        catch (JsonException e)
        {
            return $"The request body is not valid JSON: {e.Message}";
        }
    }

    private static string? Violation(JsonElement body, SimulatedRequest request)
    {
        foreach (var required in (ReadOnlySpan<string>)["model", "max_tokens", "messages"])
        {
            if (!body.TryGetProperty(required, out _) && !IsTokenCount(required, request))
            {
                return $"{required}: Field required";
            }
        }

        return UnknownField(body) ?? FallbackProblem(body, request) ?? ContextProblem(body) ?? ThinkingProblem(body);
    }

    private static bool IsTokenCount(string field, SimulatedRequest request) =>
        field == "max_tokens" && request.Path.EndsWith("/count_tokens", StringComparison.Ordinal);

    private static string? UnknownField(JsonElement body)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (!KnownFields.Contains(field.Name))
            {
                return $"{field.Name}: Extra inputs are not permitted";
            }
        }

        return null;
    }

    /// <summary>The field without its beta is unknown; with it, a list of models that differ, or "default".</summary>
    private static string? FallbackProblem(JsonElement body, SimulatedRequest request)
    {
        if (!body.TryGetProperty("fallbacks", out var fallbacks))
        {
            return null;
        }

        var betas = string.Join(',', request.HeaderValues("anthropic-beta"));
        if (!betas.Contains("server-side-fallback", StringComparison.Ordinal))
        {
            return "fallbacks: Extra inputs are not permitted";
        }

        if (fallbacks.ValueKind == JsonValueKind.String && fallbacks.ValueEquals("default"))
        {
            return null;
        }

        if (fallbacks.ValueKind != JsonValueKind.Array)
        {
            return "fallbacks: Input should be a valid list";
        }

        var models = new HashSet<string?>(StringComparer.Ordinal) { Text(body, "model") };
        var index = 0;
        foreach (var fallback in fallbacks.EnumerateArray())
        {
            if (fallback.ValueKind != JsonValueKind.Object || Text(fallback, "model") is not { } model)
            {
                return $"fallbacks.{index}: Input should be an object with a model";
            }

            if (!models.Add(model))
            {
                return $"fallbacks.{index}.model: fallback models must be distinct from each other and from `model`";
            }

            index++;
        }

        return null;
    }

    private static string? ContextProblem(JsonElement body)
    {
        if (!body.TryGetProperty("context_management", out var context) || context.ValueKind != JsonValueKind.Object
            || !context.TryGetProperty("edits", out var edits) || edits.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var thinks = body.TryGetProperty("thinking", out var thinking) && thinking.ValueKind == JsonValueKind.Object
            && Text(thinking, "type") is "enabled" or "adaptive" or "between_tools";
        return !thinks && edits.EnumerateArray().Any(e => Text(e, "type") == "clear_thinking_20251015")
            ? "context_management: `clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive"
            : null;
    }

    /// <summary>A replayed thinking block must carry the signature the simulator gave it.</summary>
    private static string? ThinkingProblem(JsonElement body)
    {
        if (!body.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
        {
            return "messages: Input should be a valid list";
        }

        var i = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("content", out var content)
                && content.ValueKind == JsonValueKind.Array)
            {
                var j = 0;
                foreach (var block in content.EnumerateArray())
                {
                    if (Text(block, "type") == "thinking" && !IsSigned(block))
                    {
                        return $"messages.{i}.content.{j}: Invalid `signature` in `thinking` block";
                    }

                    j++;
                }
            }

            i++;
        }

        return null;
    }

    private static bool IsSigned(JsonElement block) =>
        Text(block, "signature") == ThinkingSignature.Sign(Text(block, "thinking") ?? "");

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
