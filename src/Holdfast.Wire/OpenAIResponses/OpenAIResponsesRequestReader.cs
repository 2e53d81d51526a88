using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>Reads what a request of OpenAI Responses says.</summary>
internal static class OpenAIResponsesRequestReader
{
    public static void Read(JsonElement body, NeutralTurn turn)
    {
        turn.Model = body.TextAt("model");
        turn.SystemText = body.TextAt("instructions");
        turn.Tools = body.At("tools");
        turn.Conversation = body.TextAt("conversation") ?? body.At("conversation").TextAt("id");
        if (body.TextAt("input") is { } text)
        {
            var part = new NeutralPart(PartKinds.Text, body.At("input")) { Text = text, Type = "input_text" };
            turn.Request.Add(new("user", null) { Parts = { part } });
        }

        foreach (var item in body.At("input").Items())
        {
            if (item.TextAt("type") == "additional_tools" && !turn.Tools.IsThere())
            {
                turn.Tools = item.At("tools");
            }
            else
            {
                turn.Request.Add(OpenAIResponsesItems.MessageOf(item));
            }
        }

        SystemPrompt.TakeFrom(turn);
    }
}
