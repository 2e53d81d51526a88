using System.Buffers;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire;

/// <summary>A stream of events whose protocol is not known: goes through as it is. It is whole when its transfer is; an
/// error cannot be told inside it, so a cut is passed on as a cut (D20).</summary>
public sealed class OpaqueStream : StreamFollower
{
    public override TokenUsage? Usage => null;

    public override bool CanTellErrors => false;

    public override bool MayEnd(bool cleanly) => cleanly;

    public override FrameAction Observe(ReadOnlySpan<byte> frame) => FrameAction.Relay;

    public override byte[]? CompletionOf(ReadOnlySpan<byte> partial) => [];

    public override void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output)
    {
        // What its clients take is not known.
    }

    public override void WriteError(GatewayError error, IBufferWriter<byte> output)
    {
    }

    public override void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output)
    {
    }

    protected override void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
    }
}
