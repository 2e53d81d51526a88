using System.Text;
using Holdfast.TestKit;

namespace Holdfast.Tests.TestKit;

public sealed class SseTranscriptTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Events_comments_and_blank_lines_are_told_apart_with_any_line_end(string end)
    {
        var text = ": hello\n\nevent: ping\ndata: {\"type\":\ndata: \"ping\"}\n\n\ndata:[DONE]\n\n".Replace("\n", end);

        var transcript = SseTranscript.Parse(text);

        Assert.Equal(
            [SseKind.Comment, SseKind.Event, SseKind.Blank, SseKind.Event], transcript.Entries.Select(entry => entry.Kind));
        Assert.Equal(["ping", "message"], transcript.EventTypes);
        Assert.Equal("ping", transcript.Events[0].Json.GetProperty("type").GetString());
        Assert.True(transcript.Events[1].IsDone);
        Assert.Equal(text, string.Concat(transcript.Entries.Select(entry => entry.Raw)));
    }

    [Theory]
    [InlineData("data: {}\n")]
    [InlineData("data: {}\n\ndata: {")]
    [InlineData("data: {\"a\":\n\n")]
    [InlineData("data: [DONE] \n\n")]
    [InlineData("event: ping\n\n")]
    [InlineData("dato: {}\n\n")]
    [InlineData("\uFEFFdata: {}\n\n")]
    [InlineData("data:\n\n")]
    public void A_cut_or_broken_stream_is_refused(string text) =>
        Assert.Throws<FormatException>(() => SseTranscript.Parse(text));

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused() =>
        Assert.Throws<DecoderFallbackException>(() => SseTranscript.Parse([.. "data: \""u8, 0xC3, .. "\"\n\n"u8]));
}
