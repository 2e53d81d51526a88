using System.Text.Json;

namespace Holdfast.Recording.Projection;

/// <summary>Reads OpenAI Chat, with the older Completions and what compatible servers add.</summary>
internal static class ChatReader
{
    public static void ReadRequest(JsonElement body, NeutralTurn turn)
    {
        turn.Model = body.TextAt("model");
        turn.Tools = body.At("tools", "functions");
        foreach (var item in body.At("messages").Items())
        {
            turn.Request.Add(MessageOf(item, RoleOf(item.TextAt("role")), item.TextAt("id")));
        }

        if (ContentText.Of(body.At("prompt")) is { } prompt)
        {
            var part = new NeutralPart(PartKinds.Text, body.At("prompt")) { Text = prompt, Type = "prompt" };
            turn.Request.Add(new("user", null) { Parts = { part } });
        }

        SystemPrompt.TakeFrom(turn);
    }

    public static void ReadAnswer(JsonElement answer, NeutralTurn turn)
    {
        foreach (var choice in answer.At("choices").Items())
        {
            var message = MessageOf(choice.At("message"), "assistant", turn.Answer.Count == 0 ? answer.TextAt("id") : null);
            if (choice.At("text").AsText() is { } text)
            {
                message.Parts.Add(new(PartKinds.Text, choice) { Text = text, Type = "text" });
            }

            turn.Answer.Add(message);
            turn.FinishReason ??= FinishReasons.OfOpenAI(choice.TextAt("finish_reason"));
        }

        turn.Model = answer.TextAt("model") ?? turn.Model;
    }

    private static NeutralMessage MessageOf(JsonElement item, string role, string? id)
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

    private static string RoleOf(string? role) => role switch
    {
        null => "user",
        "developer" => "system",
        "function" => "tool",
        _ => role,
    };
}
