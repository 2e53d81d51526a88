using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>Reads what a request of OpenAI Chat says, with the older Completions and what compatible servers add.</summary>
internal static class OpenAIChatRequestReader
{
    public static void Read(JsonElement body, NeutralTurn turn)
    {
        turn.Model = body.TextAt("model");
        turn.Tools = body.At("tools", "functions");
        foreach (var item in body.At("messages").Items())
        {
            turn.Request.Add(OpenAIChatMessages.MessageOf(item, RoleOf(item.TextAt("role")), item.TextAt("id")));
        }

        if (ContentText.Of(body.At("prompt")) is { } prompt)
        {
            var part = new NeutralPart(PartKinds.Text, body.At("prompt")) { Text = prompt, Type = "prompt" };
            turn.Request.Add(new("user", null) { Parts = { part } });
        }

        SystemPrompt.TakeFrom(turn);
    }

    private static string RoleOf(string? role) => role switch
    {
        null => "user",
        "developer" => "system",
        "function" => "tool",
        _ => role,
    };
}
