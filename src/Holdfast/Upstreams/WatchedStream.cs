using System.Runtime.CompilerServices;

namespace Holdfast.Upstreams;

/// <summary>An HTTP/1.1 connection's stream that notes on the trace of the current attempt when its request left and
/// its answer began. Passes every byte through; allocates nothing per read or write. One reader and one writer at a
/// time, as HTTP/1.1 has it.</summary>
internal sealed class WatchedStream(Stream inner, ConnectionDial dial, TimeProvider time) : Stream
{
    private ConnectionTrace? _trace;
    private bool _used;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    // Before the first byte of an answer a read is watched; after it, it is the inner stream's own. Zero-byte reads
    // only wait: the real read follows them, so a read-ahead begun on the idle connection is watched as well.
    private ConnectionTrace? Awaiting => _trace is { AnyResponseByte: false } trace ? trace : null;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty || Awaiting is not { } trace
            ? inner.ReadAsync(buffer, cancellationToken)
            : ReadWatchedAsync(trace, buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        if (!buffer.IsEmpty && Awaiting is { } trace)
        {
            Arrived(trace, read);
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var trace = Sending(ConnectionTrace.Current.Value);
        var write = inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully || trace is null ? write : WriteWatchedAsync(trace, write);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Sending(ConnectionTrace.Current.Value);
        inner.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
        inner.CopyToAsync(destination, bufferSize, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadWatchedAsync(
        ConnectionTrace trace, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var ended = true;
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            ended = false;
            // A read begun on the idle connection belongs to the request written meanwhile.
            Arrived(_trace ?? trace, read);
            return read;
        }
        finally
        {
            if (ended)
            {
                trace.EndedAt = time.GetTimestamp();
            }
        }
    }

    // A large body leaves in one long write: the last byte left when it ends.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteWatchedAsync(ConnectionTrace trace, ValueTask write)
    {
        await write;
        trace.LastRequestByteAt = time.GetTimestamp();
    }

    private void Arrived(ConnectionTrace trace, int bytes)
    {
        if (bytes > 0)
        {
            trace.FirstResponseByteAt = time.GetTimestamp();
        }
        else
        {
            trace.EndedAt = time.GetTimestamp();
        }
    }

    private ConnectionTrace? Sending(ConnectionTrace? trace)
    {
        if (trace is null)
        {
            return null;
        }

        // Every attempt has its own trace: another one means the next request on this connection.
        if (!ReferenceEquals(trace, _trace))
        {
            trace.RunsOn(dial, reused: _used);
            _used = true;
            _trace = trace;
        }

        trace.LastRequestByteAt = time.GetTimestamp();
        return trace;
    }
}
