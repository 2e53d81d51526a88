using System.Buffers;
using System.Net;
using System.Text.Json;

namespace Holdfast.Attempts;

/// <summary>The client's body as the upstream gets it: the same bytes, with their length, but for another model's name where
/// one is asked for. May be sent more than once; does not own the bytes.</summary>
internal sealed class RequestContent : HttpContent
{
    private readonly ReadOnlySequence<byte> _body;
    private readonly Splice? _splice;

    /// <param name="body">The bytes, all of which are sent.</param>
    public RequestContent(in ReadOnlySequence<byte> body) => _body = body;

    /// <param name="body">The bytes.</param>
    /// <param name="modelAt">Where the model's name stands in them, quotes included.</param>
    /// <param name="model">What is sent in its place.</param>
    public RequestContent(in ReadOnlySequence<byte> body, (long Start, int Length) modelAt, JsonEncodedText model)
    {
        _body = body.Slice(0, modelAt.Start);
        _splice = new([(byte)'"', .. model.EncodedUtf8Bytes, (byte)'"'], body.Slice(modelAt.Start + modelAt.Length));
    }

    /// <summary>Whether all of it has been handed over. An upstream may answer before that.</summary>
    public bool IsSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        foreach (var part in _body)
        {
            await stream.WriteAsync(part, ct);
        }

        if (_splice is { } splice)
        {
            await stream.WriteAsync(splice.Model, ct);
            foreach (var part in splice.Behind)
            {
                await stream.WriteAsync(part, ct);
            }
        }

        IsSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length + (_splice is { } splice ? splice.Model.Length + splice.Behind.Length : 0);
        return true;
    }

    /// <summary>What goes out behind the first part: another model's name, and the rest.</summary>
    private sealed record Splice(byte[] Model, ReadOnlySequence<byte> Behind);
}
