using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Wire.Anthropic;

/// <summary>Reads what a request of Anthropic Messages says.</summary>
internal static class AnthropicRequestReader
{
    /// <summary>Claude Code's first system block: no prompt, and other with every request.</summary>
    private const string BillingLine = "x-anthropic-billing-header:";

    private const string EntrypointMark = "cc_entrypoint=";

    public static void Read(JsonElement body, NeutralTurn turn)
    {
        turn.Model = body.TextAt("model");
        turn.User = body.At("metadata").TextAt("user_id");
        turn.Tools = body.At("tools");
        ReadSystem(body.At("system"), turn);
        foreach (var item in body.At("messages").Items())
        {
            var message = new NeutralMessage(item.TextAt("role") ?? "user", item.TextAt("id"));
            AnthropicBlocks.AddParts(item.At("content"), message);
            turn.Request.Add(message);
        }
    }

    private static void ReadSystem(JsonElement system, NeutralTurn turn)
    {
        var texts = new List<string>();
        foreach (var text in system.AsText() is { } whole ? [whole] : system.Items().Select(block => block.TextAt("text")))
        {
            if (text is null)
            {
                continue;
            }

            if (!text.StartsWith(BillingLine, StringComparison.Ordinal))
            {
                texts.Add(text);
            }
            else if (text.IndexOf(EntrypointMark, StringComparison.Ordinal) is >= 0 and var mark)
            {
                turn.Entrypoint = text[(mark + EntrypointMark.Length)..].Split(';')[0].Trim();
            }
        }

        turn.SystemText = texts.Count == 0 ? null : string.Join("\n\n", texts);
    }
}
