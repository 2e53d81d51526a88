using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Anthropic;

/// <summary>Reads what an answer of Anthropic Messages says.</summary>
internal static class AnthropicAnswerReader
{
    public static void Read(JsonElement answer, NeutralTurn turn)
    {
        if (answer.At("content").ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var message = new NeutralMessage("assistant", answer.TextAt("id"));
        AnthropicBlocks.AddParts(answer.At("content"), message);
        turn.Answer.Add(message);
        turn.Model = answer.TextAt("model") ?? turn.Model;
        turn.FinishReason = FinishReasons.OfAnthropic(answer.TextAt("stop_reason"));
        turn.StopCode = answer.At("stop_details").TextAt("category");
        turn.StopText = answer.At("stop_details").TextAt("explanation");
    }
}
