using Holdfast.TestKit;
using Holdfast.Upstreams;

namespace Holdfast.Tests.Upstreams;

public sealed class WatchedStreamTests
{
    private readonly ManualTime _time = new();
    private readonly ScriptedStream _inner = new();
    private readonly byte[] _buffer = new byte[16];

    [Fact]
    public async Task Each_attempt_is_told_whether_the_connection_was_used_before_and_when_its_bytes_passed()
    {
        await using var stream = new WatchedStream(_inner, new(), _time);

        var first = await RequestAsync(stream, TimeSpan.FromSeconds(3));
        var second = await RequestAsync(stream, TimeSpan.FromSeconds(5));

        Assert.False(first.Reused);
        Assert.True(second.Reused);
        Assert.Equal(TimeSpan.FromSeconds(3), _time.GetElapsedTime(first.LastRequestByteAt, first.FirstResponseByteAt));
        Assert.Equal(TimeSpan.FromSeconds(5), _time.GetElapsedTime(second.LastRequestByteAt, second.FirstResponseByteAt));
    }

    [Fact]
    public async Task A_read_that_began_on_the_idle_connection_brings_the_next_attempts_answer()
    {
        await using var stream = new WatchedStream(_inner, new(), _time);
        await RequestAsync(stream, TimeSpan.Zero);
        _inner.Pending = new();
        var readAhead = stream.ReadAsync(_buffer.AsMemory());

        var trace = await SendAsync(stream);
        _inner.Pending.SetResult(1);
        await readAhead.AsTask().WithinTestTimeout();

        Assert.True(trace.AnyResponseByte);
    }

    [Fact]
    public async Task The_end_of_a_connection_before_its_answer_is_noted_whether_closed_or_torn_down()
    {
        await using var stream = new WatchedStream(_inner, new(), _time);
        var closed = await SendAsync(stream);
        _inner.Pending = new();
        _inner.Pending.SetResult(0);
        Assert.Equal(0, await stream.ReadAsync(_buffer.AsMemory()));
        var torn = await SendAsync(stream);
        _inner.Pending = new();
        var read = stream.ReadAsync(_buffer.AsMemory());
        _inner.Pending.SetException(new IOException("reset"));

        await Assert.ThrowsAsync<IOException>(async () => await read);

        Assert.NotEqual(0, closed.EndedAt);
        Assert.NotEqual(0, torn.EndedAt);
        Assert.False(torn.AnyResponseByte);
    }

    [Fact]
    public async Task Reads_of_no_byte_pass_through_and_are_no_end()
    {
        await using var stream = new WatchedStream(_inner, new(), _time);
        var trace = await SendAsync(stream);

        var read = await stream.ReadAsync(Memory<byte>.Empty);

        Assert.Equal(0, read);
        Assert.Equal(0, trace.EndedAt);
        Assert.False(trace.AnyResponseByte);
    }

    [Fact]
    public async Task A_long_write_counts_from_its_end()
    {
        await using var stream = new WatchedStream(_inner, new(), _time);
        var trace = new ConnectionTrace();
        ConnectionTrace.Current.Value = trace;
        _inner.PendingWrite = new();
        var write = stream.WriteAsync(_buffer.AsMemory());
        var begun = trace.LastRequestByteAt;
        _time.Advance(TimeSpan.FromSeconds(4));

        _inner.PendingWrite.SetResult();
        await write;

        Assert.Equal(TimeSpan.FromSeconds(4), _time.GetElapsedTime(begun, trace.LastRequestByteAt));
    }

    [Fact]
    public void A_read_and_a_write_allocate_nothing()
    {
        using var stream = new WatchedStream(_inner, new(), TimeProvider.System);
        ConnectionTrace.Current.Value = new();
        Assert.True(PassAsync(stream, 200).IsCompletedSuccessfully); // Everything is compiled now.

        var before = GC.GetAllocatedBytesForCurrentThread();
        var passing = PassAsync(stream, 1000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(passing.IsCompletedSuccessfully);
        Assert.InRange(allocated, 0, 200); // The task of the loop itself.
    }

    private async Task<int> PassAsync(WatchedStream stream, int times)
    {
        var read = 0;
        for (var i = 0; i < times; i++)
        {
            await stream.WriteAsync(_buffer.AsMemory());
            read += await stream.ReadAsync(_buffer.AsMemory());
        }

        return read;
    }

    private async Task<ConnectionTrace> RequestAsync(WatchedStream stream, TimeSpan answerAfter)
    {
        var trace = await SendAsync(stream);
        _time.Advance(answerAfter);
        Assert.Equal(1, await stream.ReadAsync(_buffer.AsMemory()));
        return trace;
    }

    private async Task<ConnectionTrace> SendAsync(WatchedStream stream)
    {
        var trace = new ConnectionTrace();
        ConnectionTrace.Current.Value = trace;
        await stream.WriteAsync(_buffer.AsMemory());
        return trace;
    }

    /// <summary>Answers every read with one byte, unless a test holds it.</summary>
    private sealed class ScriptedStream : MemoryStream
    {
        public TaskCompletionSource<int>? Pending { get; set; }

        public TaskCompletionSource? PendingWrite { get; set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            buffer.IsEmpty ? new(0) : Pending is { } pending ? new(pending.Task) : new(1);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            PendingWrite is { } pending ? new(pending.Task) : default;
    }
}
