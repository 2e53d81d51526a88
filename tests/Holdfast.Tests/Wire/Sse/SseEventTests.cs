using System.Text;
using Holdfast.Wire.Sse;

namespace Holdfast.Tests.Wire.Sse;

/// <summary>The fields of one event, in every way servers write them.</summary>
public sealed class SseEventTests
{
    [Theory]
    [InlineData("event: a\ndata: {}\n\n", "a", "{}", 1)]
    [InlineData("event:a\r\ndata:{}\r\n\r\n", "a", "{}", 1)]
    [InlineData("event: a\rdata: {}\r\r", "a", "{}", 1)]
    [InlineData("data: 1\ndata: 2\r\ndata: 3\r\n\n", "", "1\n2\n3", 3)]
    [InlineData("data:  two spaces\n\n", "", " two spaces", 1)]
    [InlineData("event: a\nevent: b\ndata: x\n\n", "b", "x", 1)]
    [InlineData("data\n\n", "", "", 1)]
    [InlineData("data: a\ndata\n\n", "", "a\n", 2)]
    [InlineData(": comment\nid: 7\nretry: 10\n\n", "", "", 0)]
    [InlineData("database: x\nevents: y\nDATA: z\n\n", "", "", 0)]
    [InlineData("data: a: b\n\n", "", "a: b", 1)]
    [InlineData("\uFEFFevent: a\ndata: x\n\n", "a", "x", 1)]
    [InlineData("data: cut", "", "cut", 1)]
    public void Name_and_data_are_read_as_the_standard_says(string frame, string name, string data, int lines)
    {
        var e = SseEvent.Parse(Encoding.UTF8.GetBytes(frame));

        Assert.Equal(name, Encoding.UTF8.GetString(e.Name));
        Assert.Equal(data, Encoding.UTF8.GetString(e.Data));
        Assert.Equal(lines, e.DataLines);
        Assert.False(e.IsBlank);
        Assert.Equal(frame, Encoding.UTF8.GetString(e.Raw));
    }

    [Theory]
    [InlineData("data:x\n\n", true, false)]
    [InlineData("data: x\n\n", false, false)]
    [InlineData("data:\n\n", false, false)]
    [InlineData("data: a\ndata:b\n\n", true, false)]
    [InlineData("\uFEFFdata: x\n\n", false, true)]
    public void What_clients_cannot_take_is_noticed(string frame, bool lacksSpace, bool hasBom)
    {
        var e = SseEvent.Parse(Encoding.UTF8.GetBytes(frame));

        Assert.Equal((lacksSpace, hasBom), (e.LacksSpace, e.HasBom));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void A_lone_empty_line_is_blank(string frame) => Assert.True(SseEvent.Parse(Encoding.UTF8.GetBytes(frame)).IsBlank);
}
