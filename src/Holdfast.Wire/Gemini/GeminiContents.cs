using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Gemini;

/// <summary>Reads the contents of Gemini generateContent, which requests and answers share, in either spelling of their
/// names.</summary>
internal static class GeminiContents
{
    public static NeutralMessage MessageOf(JsonElement content, string role, string? id)
    {
        var message = new NeutralMessage(role, id);
        message.Parts.AddRange(content.At("parts").Items().Select(PartOf));
        return message;
    }

    private static NeutralPart PartOf(JsonElement item)
    {
        var part = new NeutralPart(PartKinds.Unknown, item)
        {
            Signature = item.At("thoughtSignature", "thought_signature").AsText(),
        };
        if (item.At("functionCall", "function_call") is { ValueKind: JsonValueKind.Object } call)
        {
            return part with
            {
                Kind = PartKinds.ToolCall,
                Type = "functionCall",
                ToolName = call.TextAt("name"),
                CallId = call.TextAt("id"),
                Arguments = call.At("args"),
            };
        }

        if (item.At("functionResponse", "function_response") is { ValueKind: JsonValueKind.Object } result)
        {
            return ResultOf(part, result);
        }

        if (item.At("inlineData", "inline_data") is { ValueKind: JsonValueKind.Object } data)
        {
            return FileOf(part with { Type = "inlineData" }, data, null);
        }

        if (item.At("fileData", "file_data") is { ValueKind: JsonValueKind.Object } file)
        {
            return FileOf(part with { Type = "fileData" }, file, ContentText.Address(file.At("fileUri", "file_uri").AsText()));
        }

        if (item.At("text").AsText() is { } text)
        {
            var isThought = item.At("thought").AsFlag() == true;
            return part with
            {
                Kind = isThought ? PartKinds.Reasoning : PartKinds.Text,
                Type = isThought ? "thought" : "text",
                Text = text,
            };
        }

        // Whatever it is, its one member names it: code that ran, and what came of it.
        var name = item.ValueKind == JsonValueKind.Object
            ? item.EnumerateObject().Select(member => member.Name)
                .FirstOrDefault(one => one is not ("" or "thoughtSignature" or "thought_signature" or "thought"))
            : null;
        return name is null
            ? part
            : part with { Kind = name, Type = name, Text = item.At(name).TextAt("code") ?? item.At(name).TextAt("output") };
    }

    private static NeutralPart ResultOf(NeutralPart part, JsonElement result)
    {
        var response = result.At("response");
        var isError = response.At("error").IsThere();
        return part with
        {
            Kind = PartKinds.ToolResult,
            Type = "functionResponse",
            ToolName = result.TextAt("name"),
            ResultFor = result.TextAt("id") ?? result.TextAt("name"),
            Text = TextOf(response.At("output")) ?? TextOf(response.At("result")) ?? TextOf(response.At("error"))
                ?? TextOf(response),
            IsError = isError,
            ToolStatus = isError ? "error" : "success",
        };
    }

    /// <summary>A tool's own object is told as it is.</summary>
    private static string? TextOf(JsonElement value) =>
        value.AsText() ?? (value.IsThere() ? value.GetRawText() : null);

    private static NeutralPart FileOf(NeutralPart part, JsonElement data, string? address)
    {
        var type = data.At("mimeType", "mime_type").AsText();
        var isImage = type?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true;
        return part with { Kind = isImage ? PartKinds.Image : PartKinds.File, Subtype = type, Text = address };
    }
}
