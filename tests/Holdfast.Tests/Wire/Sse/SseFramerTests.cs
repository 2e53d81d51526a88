using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Wire.Sse;

namespace Holdfast.Tests.Wire.Sse;

/// <summary>Where an event ends does not depend on how the bytes arrive.</summary>
public sealed partial class SseFramerTests
{
    private static readonly string[] Pieces =
    [
        "\n", "\n", "\r\n", "\r\n", "\r", "data: {\"a\":1}", "data:", "data:x", "event: e", ": comment", "id: 1", "é🙂", " ",
        "[DONE]", "\uFEFF", "data: \r\ndata: y\n\n",
    ];

    /// <summary>Whatever the stream and its split: nothing is lost, added or moved, and every frame ends with an empty
    /// line.</summary>
    [Fact]
    public void The_frames_put_together_are_the_stream_however_it_is_split() =>
        Streams.HoldsFor(stream =>
        {
            var frames = Frames(stream.Bytes, stream.Cuts, out var rest);

            Assert.Equal(stream.Bytes, (byte[])[.. frames.SelectMany(f => f), .. rest]);
            Assert.All(frames, frame => Assert.Matches(EndsWithEmptyLine(), Encoding.UTF8.GetString(frame)));
        });

    /// <summary>The events are those of a naive reading of the whole text, line by line.</summary>
    [Fact]
    public void The_events_are_the_same_however_the_stream_is_split() =>
        Streams.HoldsFor(stream =>
        {
            var frames = Frames(stream.Bytes, stream.Cuts, out _);

            var events = frames.Select(LinesOf).Where(lines => lines.Count > 0).ToList();
            Assert.Equal(NaiveEvents(stream.Text), events);
        });

    [Theory]
    [InlineData("data: x\n\n")]
    [InlineData("data: x\r\n\r\n")]
    [InlineData("data: x\r\r")]
    [InlineData("data: x\n\r\n")]
    [InlineData("data: x\r\n\n")]
    [InlineData("data: x\r\n\r")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData(": c\n\n")]
    public void One_frame_is_found_at_its_last_byte_and_not_before(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var framer = new SseFramer();
        for (var length = 0; length < bytes.Length; length++)
        {
            // A CRLF's CR alone may end the frame already: its LF then is a blank line of its own.
            var end = framer.FindEnd(bytes.AsSpan(0, length));
            if (end >= 0)
            {
                Assert.Equal((byte)'\r', bytes[length - 1]);
                Assert.Equal("\n", text[length..]);
                return;
            }
        }

        Assert.Equal(bytes.Length, framer.FindEnd(bytes));
    }

    [Fact]
    public void A_line_end_inside_a_line_of_data_ends_nothing()
    {
        var framer = new SseFramer();

        Assert.Equal(-1, framer.FindEnd("event: a\ndata: {\"x\":1}\ndata: 2\r\nid: 3\r"u8));
        Assert.Equal(-1, new SseFramer().FindEnd("data: no end"u8));
        Assert.Equal(-1, new SseFramer().FindEnd(default));
    }

    private static Gen<SplitStream> Streams =>
        from pieces in Gen.Elements(Pieces).ArrayOf()
        from cuts in Gen.Choose(0, 200).ArrayOf()
        select new SplitStream(string.Concat(pieces), cuts);

    private static List<byte[]> Frames(byte[] bytes, IEnumerable<int> cuts, out byte[] rest)
    {
        var frames = new List<byte[]>();
        var framer = new SseFramer();
        var start = 0;
        foreach (var arrived in cuts.Where(cut => cut < bytes.Length).Order().Append(bytes.Length))
        {
            while (framer.FindEnd(bytes.AsSpan(start, Math.Max(0, arrived - start))) is var length and >= 0)
            {
                frames.Add(bytes[start..(start + length)]);
                start += length;
            }
        }

        rest = bytes[start..];
        return frames;
    }

    private static List<string> LinesOf(byte[] frame) =>
        [.. LineEnds().Split(Encoding.UTF8.GetString(frame)).Where(line => line.Length > 0)];

    private static List<List<string>> NaiveEvents(string text)
    {
        var events = new List<List<string>>();
        var lines = LineEnds().Split(text);
        var current = new List<string>();
        foreach (var line in lines.SkipLast(1))
        {
            if (line.Length > 0)
            {
                current.Add(line);
            }
            else if (current.Count > 0)
            {
                events.Add(current);
                current = [];
            }
        }

        return events;
    }

    [GeneratedRegex("\r\n|\r|\n", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LineEnds();

    [GeneratedRegex(@"(?:^|[^\r\n](?:\r\n|\r|\n))(?:\r\n|\r|\n)\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex EndsWithEmptyLine();

    /// <summary>A stream and the places at which its bytes arrive.</summary>
    private sealed record SplitStream(string Text, int[] Cuts)
    {
        public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(Text);
    }
}
