using System.Net;
using Holdfast.Wire;

namespace Holdfast.Attempts;

/// <summary>The body of a request as a candidate gets it. May be sent more than once; does not own the bytes.</summary>
/// <param name="body">The bytes, all of which are sent.</param>
internal sealed class RequestContent(SentBody body) : HttpContent
{
    /// <summary>Whether all of it has been handed over. An upstream may answer before that.</summary>
    public bool IsSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        foreach (var part in body.Before)
        {
            await stream.WriteAsync(part, ct);
        }

        if (!body.Inserted.IsEmpty)
        {
            await stream.WriteAsync(body.Inserted, ct);
        }

        foreach (var part in body.Behind)
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
