using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Proxy;
using Holdfast.Tests.Wire;
using Holdfast.Wire;

namespace Holdfast.Tests.Proxy;

/// <summary>R126: events of any size come out whole, however their bytes come in.</summary>
public sealed class FrameBufferTests
{
    [Fact]
    public void Events_of_any_size_come_out_whole_and_in_order() => Streams.HoldsFor(stream =>
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(stream.Events));
        using var buffer = new FrameBuffer(StreamFraming.ServerSentEvents);
        var frames = new List<string>();
        var at = 0;
        for (var i = 0; at < bytes.Length; i++)
        {
            var room = buffer.GetMemory().Span;
            var count = Math.Min(Math.Min(room.Length, bytes.Length - at), stream.Reads[i % stream.Reads.Length]);
            bytes.AsSpan(at, count).CopyTo(room);
            buffer.Advance(count);
            at += count;
            while (buffer.TryTake(out var frame))
            {
                frames.Add(Encoding.UTF8.GetString(frame));
            }

            buffer.ReleaseIfEmpty();
        }

        Assert.Equal(stream.Events, frames);
        Assert.True(buffer.IsEmpty);
    });

    [Fact]
    public void What_is_no_whole_event_is_the_rest()
    {
        using var buffer = new FrameBuffer(StreamFraming.ServerSentEvents);
        "data: 1\n\ndata: 2"u8.CopyTo(buffer.GetMemory().Span);
        buffer.Advance(16);

        Assert.True(buffer.TryTake(out var first));
        Assert.Equal("data: 1\n\n"u8, first);
        Assert.False(buffer.TryTake(out _));
        Assert.Equal("data: 2"u8, buffer.Rest);
        Assert.Equal("data: 2"u8, buffer.TakeRest());
        Assert.True(buffer.IsEmpty);
    }

    private static Gen<(string[] Events, int[] Reads)> Streams =>
        from sizes in Gen.Elements(0, 1, 10, 500, 16_370, 16_384, 40_000, 100_000).NonEmptyListOf()
        from reads in Gen.Choose(1, 60_000).NonEmptyListOf()
        select (sizes.Select((size, i) => $"data: {(char)('a' + (i % 26))}{new string('x', size)}\n\n").Take(6).ToArray(),
            reads.ToArray());
}
