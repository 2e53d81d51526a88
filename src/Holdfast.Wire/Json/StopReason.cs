using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>Tells usual reasons to stop from those that say that there is no answer.</summary>
internal static class StopReason
{
    /// <summary>The reason the reader stands on, if it is an odd one; null for the usual ones and for no text.</summary>
    public static string? Odd(in Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty || IsUsual(reader) ? null : reader.GetString();

    private static bool IsUsual(in Utf8JsonReader reader) =>
        reader.ValueTextEquals("stop"u8) || reader.ValueTextEquals("end_turn"u8) || reader.ValueTextEquals("tool_use"u8)
        || reader.ValueTextEquals("tool_calls"u8) || reader.ValueTextEquals("STOP"u8) || reader.ValueTextEquals("length"u8)
        || reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("MAX_TOKENS"u8)
        || reader.ValueTextEquals("function_call"u8) || reader.ValueTextEquals("stop_sequence"u8)
        || reader.ValueTextEquals("pause_turn"u8);
}
