using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Anthropic;

/// <summary>Reads the content blocks of Anthropic Messages, which requests and answers share.</summary>
internal static class AnthropicBlocks
{
    public static void AddParts(JsonElement content, NeutralMessage message)
    {
        if (content.AsText() is { } text)
        {
            message.Parts.Add(new(PartKinds.Text, content) { Text = text, Type = "text" });
        }

        foreach (var block in content.Items())
        {
            message.Parts.Add(PartOf(block));
        }
    }

    private static NeutralPart PartOf(JsonElement block)
    {
        var type = block.TextAt("type");
        var part = new NeutralPart(KindOf(type), block) { Type = type };
        return type switch
        {
            "text" => part with { Text = block.TextAt("text") },
            "thinking" => part with { Text = block.TextAt("thinking"), Signature = block.TextAt("signature") },
            "redacted_thinking" => part,
            "image" => part with
            {
                Text = ContentText.Address(block.At("source").TextAt("url")),
                Subtype = block.At("source").TextAt("type"),
            },
            "document" or "file" => part with { Text = DocumentText(block), Subtype = block.At("source").TextAt("type") },
            "tool_use" or "server_tool_use" or "mcp_tool_use" => part with
            {
                ToolName = block.TextAt("name"),
                CallId = block.TextAt("id"),
                Arguments = block.At("input"),
                CallerType = block.At("caller").TextAt("type"),
            },
            _ when block.TextAt("tool_use_id") is { } call => ResultOf(part, call),
            _ => part with { Text = block.AsText() ?? block.TextAt("text") ?? ContentText.Of(block.At("content")) },
        };
    }

    /// <summary>Results of hosted tools say by the type of their content that they failed.</summary>
    private static NeutralPart ResultOf(NeutralPart part, string call)
    {
        var content = part.Source.At("content");
        var type = content.TextAt("type");
        var isError = part.Source.At("is_error").AsFlag() ?? type?.EndsWith("_error", StringComparison.Ordinal);
        return part with
        {
            ResultFor = call,
            Text = ContentText.Of(content),
            IsError = isError ?? false,
            ToolStatus = isError == true ? "error" : "success",
            Subtype = type,
        };
    }

    private static string? DocumentText(JsonElement block)
    {
        var source = block.At("source");
        return (source.TextAt("type") == "text" ? source.TextAt("data") : null)
            ?? block.TextAt("title") ?? ContentText.Address(source.TextAt("url")) ?? ContentText.Of(source.At("content"));
    }

    private static string KindOf(string? type) => type switch
    {
        null => PartKinds.Unknown,
        "thinking" or "redacted_thinking" => PartKinds.Reasoning,
        "tool_use" or "server_tool_use" => PartKinds.ToolCall,
        "tool_result" or "web_search_tool_result" => PartKinds.ToolResult,
        "document" => PartKinds.File,
        _ => type,
    };
}
