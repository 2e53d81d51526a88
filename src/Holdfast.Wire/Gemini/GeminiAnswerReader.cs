using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Gemini;

/// <summary>Reads what an answer of Gemini generateContent says.</summary>
internal static class GeminiAnswerReader
{
    public static void Read(JsonElement answer, NeutralTurn turn)
    {
        foreach (var candidate in answer.At("candidates").Items())
        {
            var id = turn.Answer.Count == 0 ? answer.TextAt("responseId") : null;
            var message = GeminiContents.MessageOf(candidate.At("content"), "assistant", id);
            turn.Answer.Add(message);
            turn.FinishReason ??= FinishReasons.OfGemini(
                candidate.TextAt("finishReason"), message.Parts.Any(part => part.Kind == PartKinds.ToolCall));
            turn.StopText ??= candidate.TextAt("finishMessage");
        }

        turn.Model = answer.TextAt("modelVersion") ?? turn.Model;
        if (answer.At("promptFeedback").TextAt("blockReason") is { } reason)
        {
            turn.FinishReason = FinishReasons.Refusal;
            turn.StopCode = reason;
            turn.StopText ??= answer.At("promptFeedback").TextAt("blockReasonMessage");
        }
    }
}
