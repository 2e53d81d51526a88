using System.Buffers;
using System.Net;

namespace Holdfast.Proxy;

/// <summary>The client's body as the upstream gets it: the same bytes, with their length. May be sent more than once;
/// does not own the bytes.</summary>
internal sealed class RequestContent(ReadOnlySequence<byte> body) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        foreach (var part in body)
        {
            await stream.WriteAsync(part, ct);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
