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

    // Every read is watched, not only those begun while an answer is awaited: when a pooled connection is taken the
    // runtime begins to read before it writes, and that read brings the answer. Zero-byte reads only wait.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = inner.ReadAsync(buffer, cancellationToken);
        if (buffer.IsEmpty)
        {
            return read;
        }

        return read.IsCompletedSuccessfully ? new(Arrived(read.GetAwaiter().GetResult())) : ReadWatchedAsync(read);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        return buffer.IsEmpty ? read : Arrived(read);
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
    private async ValueTask<int> ReadWatchedAsync(ValueTask<int> read)
    {
        var bytes = 0; // A read that throws ends the connection too.
        try
        {
            return bytes = await read;
        }
        finally
        {
            Arrived(bytes);
        }
    }

    // A large body leaves in one long write: the last byte left when it ends.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteWatchedAsync(ConnectionTrace trace, ValueTask write)
    {
        await write;
        trace.LastRequestByteAt = time.GetTimestamp();
    }

    private int Arrived(int bytes)
    {
        if (_trace is { AnyResponseByte: false } trace)
        {
            var now = time.GetTimestamp();
            if (bytes > 0)
            {
                trace.FirstResponseByteAt = now;
            }
            else
            {
                trace.EndedAt = now;
            }
        }

        return bytes;
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
