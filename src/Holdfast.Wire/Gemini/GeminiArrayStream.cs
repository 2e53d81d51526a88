using System.Buffers;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire.Gemini;

/// <summary>Follows a Gemini stream without <c>alt=sse</c>: one JSON array that arrives element by element. Blanks
/// between elements keep it alive; an error cannot be told inside it, so a cut is passed on as a cut (D20).</summary>
internal sealed class GeminiArrayStream(UsageReader usage) : GeminiStream(usage)
{
    public override bool CanTellErrors => false;

    public override StreamFraming Framing => StreamFraming.JsonArray;

    public override FrameAction Observe(ReadOnlySpan<byte> frame)
    {
        var element = frame.Trim("[, \t\r\n"u8);
        if (element.SequenceEqual("]"u8))
        {
            IsTerminal = true;
        }
        else if (!element.IsEmpty && element[0] == '{')
        {
            Read(default, element);

            // Only its bracket ends an array: without it half a document would look whole.
            IsTerminal = false;
            LacksOnlyClosing |= IsWhole;
            IsWhole = false;
        }

        return FrameAction.Relay;
    }

    /// <summary>Blanks behind the array lack nothing; half an element is not to be completed.</summary>
    public override byte[]? CompletionOf(ReadOnlySpan<byte> partial) =>
        IsTerminal && partial.Trim(" \t\r\n"u8).IsEmpty ? [] : null;

    public override void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output) => output.Write(" "u8);

    public override void WriteClosing(IBufferWriter<byte> output) => output.Write("]"u8);

    public override void WriteError(GatewayError error, IBufferWriter<byte> output)
    {
    }

    public override void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output)
    {
    }
}
