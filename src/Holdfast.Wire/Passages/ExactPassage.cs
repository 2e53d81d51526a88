using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Wire.Protocols;

namespace Holdfast.Wire.Passages;

/// <summary>Both sides speak the same protocol: every byte goes as it came, but for another model's name, and for what clients
/// of that protocol cannot take.</summary>
internal sealed class ExactPassage : Passage
{
    public override string Target(WirePath path, string? model) =>
        model is null || path.ModelInPath is null ? path.Target : path.TargetWith(model);

    public override SentBody Body(in ReadOnlySequence<byte> body, (long Start, int Length) modelAt, string? model)
    {
        if (model is null || modelAt.Length == 0)
        {
            return new(body);
        }

        var name = JsonEncodedText.Encode(model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return new(
            body.Slice(0, modelAt.Start),
            (byte[])[(byte)'"', .. name.EncodedUtf8Bytes, (byte)'"'],
            body.Slice(modelAt.Start + modelAt.Length));
    }

    public override StreamPassage Stream(WirePath path, StreamContext context, bool isModelReplaced) =>
        new ExactStream(
            path.StreamsKnownEvents ? path.Protocol.Follow(context) : new OpaqueStream(), Fidelity(isModelReplaced));
}
