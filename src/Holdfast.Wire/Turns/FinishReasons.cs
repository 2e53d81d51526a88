namespace Holdfast.Wire.Turns;

/// <summary>The words for why an answer stopped; what is not known keeps the provider's.</summary>
public static class FinishReasons
{
    public const string Stop = "stop";
    public const string Length = "length";
    public const string ToolUse = "tool_use";
    public const string Refusal = "refusal";
    public const string Error = "error";

    public static string? OfAnthropic(string? reason) => reason switch
    {
        "end_turn" or "stop_sequence" => Stop,
        "max_tokens" => Length,
        "pause_turn" => "pause",
        _ => reason,
    };

    public static string? OfOpenAI(string? reason) => reason switch
    {
        "tool_calls" or "function_call" => ToolUse,
        "content_filter" => Refusal,
        "max_output_tokens" => Length,
        _ => reason,
    };

    /// <summary>Gemini stops alike after a text and after a call.</summary>
    public static string? OfGemini(string? reason, bool calls) => reason switch
    {
        "STOP" => calls ? ToolUse : Stop,
        "MAX_TOKENS" => Length,
        "SAFETY" or "RECITATION" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "IMAGE_SAFETY" or "IMAGE_RECITATION"
            or "IMAGE_PROHIBITED_CONTENT" => Refusal,
        "MALFORMED_FUNCTION_CALL" or "MALFORMED_RESPONSE" or "UNEXPECTED_TOOL_CALL" or "TOO_MANY_TOOL_CALLS" or "OTHER" => Error,
        _ => reason?.ToLowerInvariant(),
    };
}
