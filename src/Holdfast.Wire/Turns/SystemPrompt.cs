namespace Holdfast.Wire.Turns;

/// <summary>Tells the system prompt from messages where both stand in one list.</summary>
internal static class SystemPrompt
{
    /// <summary>What the list begins with is the prompt; what the system says later is a message.</summary>
    public static void TakeFrom(NeutralTurn turn)
    {
        var count = turn.Request.TakeWhile(message => message.Role == "system").Count();
        var texts = turn.Request.Take(count).SelectMany(message => message.Parts).Select(part => part.Text).OfType<string>();
        var prompt = string.Join("\n\n", texts.Prepend(turn.SystemText).OfType<string>());
        turn.SystemText = prompt.Length == 0 ? null : prompt;
        turn.Request.RemoveRange(0, count);
    }
}
