using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Holdfast.Upstreams;

/// <summary>An HTTP/1.1 connection's stream that notes on the trace of the current attempt when its request left and
/// its answer began. Passes every byte through; allocates nothing per read or write. One reader and one writer at a
/// time, as HTTP/1.1 has it.</summary>
internal sealed class WatchedStream : Stream, IValueTaskSource<int>
{
    private readonly Stream _inner;
    private readonly ConnectionDial _dial;
    private readonly TimeProvider _time;
    private readonly Action _onRead;
    private ManualResetValueTaskSourceCore<int> _waiting;
    private ValueTaskAwaiter<int> _read;
    private ConnectionTrace? _trace;
    private bool _used;

    public WatchedStream(Stream inner, ConnectionDial dial, TimeProvider time)
    {
        (_inner, _dial, _time) = (inner, dial, time);
        _onRead = OnRead;
    }

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
#pragma warning disable CA2012 // The rule cannot follow it: the value is taken once, here or in OnRead.
        var read = _inner.ReadAsync(buffer, cancellationToken);
        if (buffer.IsEmpty)
        {
            return read;
        }

        if (read.IsCompletedSuccessfully)
        {
            return new(Arrived(read.GetAwaiter().GetResult()));
        }

        _waiting.Reset();
        var wait = new ValueTask<int>(this, _waiting.Version);
        _read = read.GetAwaiter();
#pragma warning restore CA2012
        _read.UnsafeOnCompleted(_onRead);
        return wait;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        var read = _inner.Read(buffer);
        return buffer.IsEmpty ? read : Arrived(read);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var trace = Sending(ConnectionTrace.Current.Value);
        var write = _inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully || trace is null ? write : WriteWatchedAsync(trace, write);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Sending(ConnectionTrace.Current.Value);
        _inner.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => _inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
        _inner.CopyToAsync(destination, bufferSize, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    int IValueTaskSource<int>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private void OnRead()
    {
        int bytes;
        try
        {
            bytes = _read.GetResult();
        }
        catch (Exception e)
        {
            // A read that throws ends the connection too.
            Arrived(0);
            _waiting.SetException(e);
            return;
        }

        // Only here: whoever waits may begin the next read before this returns.
        _waiting.SetResult(Arrived(bytes));
    }

    // A large body leaves in one long write: the last byte left when it ends.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteWatchedAsync(ConnectionTrace trace, ValueTask write)
    {
        await write;
        trace.LastRequestByteAt = _time.GetTimestamp();
    }

    private int Arrived(int bytes)
    {
        if (_trace is { AnyResponseByte: false } trace)
        {
            var now = _time.GetTimestamp();
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
            trace.RunsOn(_dial, reused: _used);
            _used = true;
            _trace = trace;
        }

        trace.LastRequestByteAt = _time.GetTimestamp();
        return trace;
    }
}
