using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>Reads what an answer of OpenAI Chat says, with the older Completions and what compatible servers add.</summary>
internal static class OpenAIChatAnswerReader
{
    public static void Read(JsonElement answer, NeutralTurn turn)
    {
        foreach (var choice in answer.At("choices").Items())
        {
            var id = turn.Answer.Count == 0 ? answer.TextAt("id") : null;
            var message = OpenAIChatMessages.MessageOf(choice.At("message"), "assistant", id);
            if (choice.At("text").AsText() is { } text)
            {
                message.Parts.Add(new(PartKinds.Text, choice) { Text = text, Type = "text" });
            }

            turn.Answer.Add(message);
            turn.FinishReason ??= FinishReasons.OfOpenAI(choice.TextAt("finish_reason"));
        }

        turn.Model = answer.TextAt("model") ?? turn.Model;
    }
}
