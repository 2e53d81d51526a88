namespace Holdfast.Wire.Turns;

/// <summary>The words for <see cref="NeutralPart.Kind"/> that the protocols share.</summary>
public static class PartKinds
{
    public const string Text = "text";
    public const string Reasoning = "reasoning";
    public const string ToolCall = "tool_call";
    public const string ToolResult = "tool_result";
    public const string Image = "image";
    public const string File = "file";
    public const string Error = "error";
    public const string Exchange = "exchange";
    public const string Unknown = "unknown";
}
