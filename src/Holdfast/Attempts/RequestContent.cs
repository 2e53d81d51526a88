using System.Net;
using Holdfast.Wire.Bytes;
using Holdfast.Wire.Passages;

namespace Holdfast.Attempts;

/// <summary>The body of a request as a candidate gets it. May be sent more than once. Holds a lease on the client's bytes until it
/// is disposed, and each sending holds one of its own until it ends: an upstream may answer, fail or be given up while it is
/// still being sent to.</summary>
internal sealed class RequestContent : HttpContent
{
    private readonly PooledBytes _owner;
    private readonly SentBody _body;
    private int _isDisposed;

    /// <param name="owner">Owns the memory that <paramref name="body"/> may share.</param>
    /// <param name="body">The bytes, all of which are sent.</param>
    /// <exception cref="ObjectDisposedException">The bytes are gone.</exception>
    public RequestContent(PooledBytes owner, SentBody body)
    {
        ObjectDisposedException.ThrowIf(owner.IsLetGo || !owner.TryLease(), owner);
        (_owner, _body) = (owner, body);
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
        length = _body.Length;
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
        foreach (var part in _body.Before)
        {
            await stream.WriteAsync(part, ct);
        }

        if (!_body.Inserted.IsEmpty)
        {
            await stream.WriteAsync(_body.Inserted, ct);
        }

        foreach (var part in _body.Behind)
        {
            await stream.WriteAsync(part, ct);
        }
    }
}
