using System.Buffers;
using System.Net;
using System.Text.Json;
using Holdfast.Wire;

namespace Holdfast.Proxy;

/// <summary>The client's body as the upstream gets it: the same bytes, with their length, but for another model's name where
/// one is asked for. May be sent more than once. Holds a lease on the bytes until it is disposed, and each sending holds one of
/// its own until it ends: an upstream may answer, fail or be given up while it is still being sent to.</summary>
internal sealed class RequestContent : HttpContent
{
    private readonly PooledBytes _owner;
    private readonly ReadOnlySequence<byte> _body;
    private readonly Splice? _splice;
    private int _isDisposed;

    /// <param name="body">The bytes, all of which are sent.</param>
    /// <exception cref="ObjectDisposedException">The bytes are gone.</exception>
    public RequestContent(PooledBytes body)
    {
        _owner = Leased(body);
        _body = body.Bytes;
    }

    /// <param name="body">The bytes.</param>
    /// <param name="modelAt">Where the model's name stands in them, quotes included.</param>
    /// <param name="model">What is sent in its place.</param>
    /// <exception cref="ObjectDisposedException">The bytes are gone.</exception>
    public RequestContent(PooledBytes body, (long Start, int Length) modelAt, JsonEncodedText model)
    {
        _owner = Leased(body);
        var bytes = body.Bytes;
        _body = bytes.Slice(0, modelAt.Start);
        _splice = new([(byte)'"', .. model.EncodedUtf8Bytes, (byte)'"'], bytes.Slice(modelAt.Start + modelAt.Length));
    }

    /// <summary>Whether all of it has been handed over. An upstream may answer before that.</summary>
    public bool IsSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        // The lease comes first: looked at the other way round, the content could be disposed, and the bytes gone, in between.
        ObjectDisposedException.ThrowIf(!_owner.TryLease(), this);
        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            await SendAsync(stream, ct);
            IsSent = true;
        }
        finally
        {
            _owner.EndLease();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length + (_splice is { } splice ? splice.Model.Length + splice.Behind.Length : 0);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _owner.EndLease();
        }

        base.Dispose(disposing);
    }

    private async ValueTask SendAsync(Stream stream, CancellationToken ct)
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
    }

    private static PooledBytes Leased(PooledBytes body)
    {
        ObjectDisposedException.ThrowIf(body.IsLetGo || !body.TryLease(), body);
        return body;
    }

    /// <summary>What goes out behind the first part: another model's name, and the rest.</summary>
    private sealed record Splice(byte[] Model, ReadOnlySequence<byte> Behind);
}
