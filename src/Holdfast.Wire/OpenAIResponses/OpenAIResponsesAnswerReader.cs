using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>Reads what an answer of OpenAI Responses says.</summary>
internal static class OpenAIResponsesAnswerReader
{
    public static void Read(JsonElement answer, NeutralTurn turn)
    {
        foreach (var item in answer.At("output").Items())
        {
            turn.Answer.Add(OpenAIResponsesItems.MessageOf(item));
        }

        var calls = turn.Answer.Any(message => message.Parts.Any(part => part.Type is "function_call" or "custom_tool_call"));
        turn.Model = answer.TextAt("model") ?? turn.Model;
        turn.FinishReason = answer.TextAt("status") switch
        {
            "completed" => calls ? FinishReasons.ToolUse : FinishReasons.Stop,
            "incomplete" => FinishReasons.OfOpenAI(answer.At("incomplete_details").TextAt("reason")),
            "failed" => FinishReasons.Error,
            var other => other,
        };
        turn.StopCode = answer.At("error").TextAt("code");
        turn.StopText = answer.At("error").TextAt("message");
    }
}
