using System.Text;
using Holdfast.Wire;

namespace Holdfast.Tests.Proxy;

/// <summary>Frames come out whole and unchanged, whatever their length and however their bytes arrive.</summary>
public sealed class FrameBufferTests
{
    /// <summary>Reads of every size around the buffer's borders, frames from a line to several buffers.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(16 * 1024 - 1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(int.MaxValue)]
    public void Frames_come_out_as_they_went_in(int readSize)
    {
        using var buffer = new FrameBuffer(StreamFraming.ServerSentEvents);
        var frames = new[] { 3, 100, 16 * 1024 - 20, 16 * 1024, 20, 40_000, 5, 100_000, 1, 1, 1 }.Select(Frame).ToArray();
        var bytes = Encoding.UTF8.GetBytes(string.Concat(frames));
        var taken = new List<string>();

        for (var at = 0; at < bytes.Length;)
        {
            var room = buffer.GetMemory();
            var count = Math.Min(Math.Min(readSize, room.Length), bytes.Length - at);
            Assert.True(count > 0, "No room.");
            bytes.AsSpan(at, count).CopyTo(room.Span);
            buffer.Advance(count);
            at += count;
            while (buffer.TryTake(out var frame))
            {
                taken.Add(Encoding.UTF8.GetString(frame));
            }

            buffer.ReleaseIfEmpty();
        }

        Assert.Equal(frames, taken);
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void What_makes_no_frame_yet_is_kept()
    {
        using var buffer = new FrameBuffer(StreamFraming.ServerSentEvents);
        Write(buffer, "data: 1\n\ndata: 2\n");

        var hasFirst = buffer.TryTake(out var first);
        var firstText = Encoding.UTF8.GetString(first);
        var hasSecond = buffer.TryTake(out _);
        buffer.ReleaseIfEmpty();

        Assert.Equal((true, "data: 1\n\n", false), (hasFirst, firstText, hasSecond));
        Assert.Equal("data: 2\n", Encoding.UTF8.GetString(buffer.Rest));
        Assert.Equal("data: 2\n", Encoding.UTF8.GetString(buffer.TakeRest()));
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void A_released_buffer_begins_anew()
    {
        using var buffer = new FrameBuffer(StreamFraming.ServerSentEvents);
        Write(buffer, "data: 1\n\n");
        buffer.TryTake(out _);
        buffer.ReleaseIfEmpty();
        buffer.ReleaseIfEmpty();

        Write(buffer, "data: 2\n\n");

        Assert.True(buffer.TryTake(out var frame));
        Assert.Equal("data: 2\n\n", Encoding.UTF8.GetString(frame));
    }

    [Fact]
    public void A_frame_beyond_every_bound_is_noticed()
    {
        using var buffer = new FrameBuffer(StreamFraming.ServerSentEvents);
        var isOverfullBefore = false;

        for (var written = 0; written <= FrameBuffer.LargestFrame;)
        {
            isOverfullBefore |= buffer.IsOverfull;
            var room = buffer.GetMemory();
            room.Span.Fill((byte)'x');
            buffer.Advance(room.Length);
            written += room.Length;
            Assert.False(buffer.TryTake(out _));
        }

        Assert.False(isOverfullBefore);
        Assert.True(buffer.IsOverfull);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void The_elements_of_an_array_are_frames(int readSize)
    {
        using var buffer = new FrameBuffer(StreamFraming.JsonArray);
        var large = $$""",{"b":"{{new string('y', 40_000)}}"}""";
        var bytes = Encoding.UTF8.GetBytes("""[{"a":"]},\""}""" + large + "\n]");
        var taken = new List<string>();

        foreach (var piece in bytes.Chunk(readSize))
        {
            Write(buffer, Encoding.UTF8.GetString(piece));
            while (buffer.TryTake(out var frame))
            {
                taken.Add(Encoding.UTF8.GetString(frame));
            }
        }

        Assert.Equal(["""[{"a":"]},\""}""", large, "\n]"], taken);
    }

    private static string Frame(int length) => $"data: {new string('x', length)}\n\n";

    private static void Write(FrameBuffer buffer, string text)
    {
        var rest = Encoding.UTF8.GetBytes(text).AsSpan();
        while (!rest.IsEmpty)
        {
            var room = buffer.GetMemory().Span;
            var count = Math.Min(room.Length, rest.Length);
            rest[..count].CopyTo(room);
            buffer.Advance(count);
            rest = rest[count..];
        }
    }
}
