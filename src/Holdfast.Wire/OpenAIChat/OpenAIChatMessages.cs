using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>Reads the messages of OpenAI Chat, which requests and answers share.</summary>
internal static class OpenAIChatMessages
{
    public static NeutralMessage MessageOf(JsonElement item, string role, string? id)
    {
        var message = new NeutralMessage(role, id);
        var parts = message.Parts;
        AddReasoning(item, parts);
        if (role == "tool")
        {
            parts.Add(new(PartKinds.ToolResult, item)
            {
                Type = "tool",
                ToolName = item.TextAt("name"),
                ResultFor = item.TextAt("tool_call_id"),
                Text = ContentText.Of(item.At("content")),
            });
            return message;
        }

        if (item.TextAt("content") is { } text)
        {
            parts.Add(new(PartKinds.Text, item.At("content")) { Text = text, Type = "text" });
        }

        parts.AddRange(item.At("content").Items().Select(PartOf));
        if (item.TextAt("refusal") is { } refusal)
        {
            parts.Add(new("refusal", item.At("refusal")) { Text = refusal, Type = "refusal" });
        }

        if (item.At("audio").IsThere())
        {
            parts.Add(new("audio", item.At("audio")) { Text = item.At("audio").TextAt("transcript"), Type = "audio" });
        }

        parts.AddRange(item.At("tool_calls").Items().Select(CallOf));
        if (item.At("function_call").ValueKind == JsonValueKind.Object)
        {
            parts.Add(CallOf(item.At("function_call"), item.At("function_call"), "function_call"));
        }

        return message;
    }

    /// <summary>The same text may stand under both names.</summary>
    private static void AddReasoning(JsonElement item, List<NeutralPart> parts)
    {
        var name = item.TextAt("reasoning_content") is null ? "reasoning" : "reasoning_content";
        var signature = item.At("reasoning_details").Items().Select(detail => detail.TextAt("signature")).OfType<string>()
            .FirstOrDefault();
        if (item.TextAt(name) is { } thought)
        {
            parts.Add(new(PartKinds.Reasoning, item.At(name)) { Text = thought, Signature = signature, Type = name });
        }
    }

    private static NeutralPart PartOf(JsonElement item)
    {
        var type = item.AsText() is null ? item.TextAt("type") : "text";
        var part = new NeutralPart(type ?? PartKinds.Unknown, item) { Type = type };
        return type switch
        {
            "thinking" => part with { Kind = PartKinds.Reasoning, Text = ContentText.Of(item.At("thinking")) },
            "image_url" => part with
            {
                Kind = PartKinds.Image,
                Text = ContentText.Address(item.At("image_url").TextAt("url") ?? item.TextAt("image_url")),
                Subtype = item.At("image_url").TextAt("detail"),
            },
            "file" => part with { Text = item.At("file").TextAt("filename") ?? item.At("file").TextAt("file_id") },
            _ => part with { Text = item.AsText() ?? item.TextAt("text") ?? item.TextAt("refusal") },
        };
    }

    private static NeutralPart CallOf(JsonElement call) =>
        CallOf(call, call.At("function", "custom"), call.TextAt("type") ?? "function");

    private static NeutralPart CallOf(JsonElement call, JsonElement called, string type) => new(PartKinds.ToolCall, call)
    {
        Type = type,
        ToolName = called.TextAt("name"),
        CallId = call.TextAt("id"),
        Arguments = called.At("arguments", "input"),
        Signature = call.At("extra_content").At("google").TextAt("thought_signature"),
    };
}
