using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>Reads the items of OpenAI Responses, which requests and answers share. Each item is a message of its own: which of
/// them one answer held cannot be told from the history they come back in.</summary>
internal static class OpenAIResponsesItems
{
    public static NeutralMessage MessageOf(JsonElement item)
    {
        var type = item.TextAt("type") ?? (item.At("role").IsThere() ? "message" : PartKinds.Unknown);
        var message = new NeutralMessage(RoleOf(item.TextAt("role"), type), item.TextAt("id"));
        if (type != "message")
        {
            message.Parts.Add(PartOf(item, type));
            return message;
        }

        var phase = item.TextAt("phase");
        if (item.TextAt("content") is { } text)
        {
            message.Parts.Add(new(PartKinds.Text, item.At("content")) { Text = text, Type = "text", Subtype = phase });
        }

        message.Parts.AddRange(item.At("content").Items().Select(content => ContentPartOf(content, phase)));
        return message;
    }

    private static NeutralPart ContentPartOf(JsonElement content, string? phase)
    {
        var type = content.TextAt("type");
        var part = new NeutralPart(type ?? PartKinds.Unknown, content) { Type = type, Subtype = phase };
        return type switch
        {
            "input_text" or "output_text" or "text" or "summary_text" =>
                part with { Kind = PartKinds.Text, Text = content.TextAt("text") },
            "reasoning_text" => part with { Kind = PartKinds.Reasoning, Text = content.TextAt("text") },
            "input_image" => part with
            {
                Kind = PartKinds.Image,
                Text = ContentText.Address(content.TextAt("image_url") ?? content.TextAt("file_id")),
            },
            "input_file" => part with
            {
                Kind = PartKinds.File,
                Text = content.TextAt("filename") ?? ContentText.Address(content.TextAt("file_url")) ?? content.TextAt("file_id"),
            },
            _ => part with { Text = content.TextAt("text") ?? content.TextAt("refusal") ?? content.AsText() },
        };
    }

    private static NeutralPart PartOf(JsonElement item, string type)
    {
        var part = new NeutralPart(type, item) { Type = type, Subtype = item.TextAt("namespace") };
        if (type == "reasoning")
        {
            return part with
            {
                Kind = PartKinds.Reasoning,
                Text = ContentText.Of(item.At("summary")) ?? ContentText.Of(item.At("content")),
                Signature = item.TextAt("encrypted_content"),
            };
        }

        if (type.EndsWith("_output", StringComparison.Ordinal))
        {
            return part with
            {
                Kind = PartKinds.ToolResult,
                ResultFor = item.TextAt("call_id"),
                Text = ContentText.Of(item.At("output")),
                ToolStatus = item.TextAt("status"),
            };
        }

        return type.EndsWith("_call", StringComparison.Ordinal)
            ? part with
            {
                Kind = PartKinds.ToolCall,
                ToolName = item.TextAt("name") ?? type[..^"_call".Length],
                CallId = item.TextAt("call_id"),
                Arguments = item.At("arguments", "input") is { ValueKind: not JsonValueKind.Undefined } given
                    ? given
                    : item.At("action"),
                CallerType = item.At("caller").TextAt("type"),
                Text = ContentText.Of(item.At("output")),
                ToolStatus = item.TextAt("status"),
            }
            : part with { Text = ContentText.Of(item.At("content")) };
    }

    private static string RoleOf(string? role, string type) => role switch
    {
        "developer" => "system",
        not null => role,
        _ when type.EndsWith("_output", StringComparison.Ordinal) => "tool",
        _ when type == "message" => "user",
        _ => "assistant",
    };
}
