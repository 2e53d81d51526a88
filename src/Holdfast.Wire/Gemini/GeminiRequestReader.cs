using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Gemini;

/// <summary>Reads what a request of Gemini generateContent says.</summary>
internal static class GeminiRequestReader
{
    public static void Read(JsonElement body, NeutralTurn turn)
    {
        turn.SystemText = ContentText.Of(body.At("systemInstruction", "system_instruction").At("parts"));
        turn.Tools = body.At("tools");
        foreach (var content in body.At("contents").Items())
        {
            turn.Request.Add(GeminiContents.MessageOf(content, content.TextAt("role") is "model" ? "assistant" : "user", null));
        }
    }
}
