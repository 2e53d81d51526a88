using System.Buffers;
using System.Net;

namespace Holdfast.Proxy;

/// <summary>The client's body as the upstream gets it: the same bytes, with their length. May be sent more than once;
/// does not own the bytes.</summary>
internal sealed class RequestContent(ReadOnlySequence<byte> body) : HttpContent
{
    /// <summary>Whether all of it has been handed over. An upstream may answer before that.</summary>
    public bool IsSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        foreach (var part in body)
        {
            await stream.WriteAsync(part, ct);
        }

        IsSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
