using System.Buffers;
using System.Text;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Wire.Json;

/// <summary>What is read out of a request's body: never more than two fields, never an exception.</summary>
public sealed class RequestPeekTests
{
    [Theory]
    [InlineData("""{"model":"m","stream":true}""", "m", true)]
    [InlineData("""{"stream":false,"model":"m"}""", "m", false)]
    [InlineData("""{"model":"a","model":"b","stream":true,"stream":false}""", "b", false)]
    [InlineData("""{"mod\u0065l":"m\u00e9\ud83d\ude42","\u0073tream":true}""", "mé🙂", true)]
    [InlineData("""{"messages":[{"model":"inner","stream":true}],"model":"m"}""", "m", false)]
    [InlineData("""{"model":"m","metadata":{"model":"inner"},"tools":[[[{"stream":true}]]]}""", "m", false)]
    [InlineData("""{"model":null,"stream":"true"}""", null, false)]
    [InlineData("""{"model":17,"stream":1}""", null, false)]
    [InlineData("""{"model":{"id":"m"},"stream":[true]}""", null, false)]
    [InlineData("""{"model":"","stream":null}""", "", false)]
    [InlineData("{}", null, false)]
    [InlineData("""{"n":1234567890123456789012345678901234567890.5e-400,"big":1e999,"model":"m"}""", "m", false)]
    [InlineData(" \r\n\t{ \"model\" : \"m\" }\n ", "m", false)]
    [InlineData("\uFEFF{\"model\":\"m\"}", "m", false)]
    public void Model_and_stream_are_read_wherever_they_stand(string body, string? model, bool stream)
    {
        foreach (var size in (int[])[3, 7, 4096])
        {
            var peek = RequestPeek.Read(Segmented(Encoding.UTF8.GetBytes(body), size));

            Assert.Equal((model, stream, (string?)null), (peek.Model, peek.Stream, peek.Error));
        }
    }

    [Theory]
    [InlineData("", "line 1, byte 1.")]
    [InlineData("{", "line 1, byte 2.")]
    [InlineData("{\"model\":\"m\"", "line 1, byte 13.")]
    [InlineData("{\"model\":\"m\",}", "line 1, byte 14.")]
    [InlineData("{\n  \"model\": m\n}", "line 2, byte 12.")]
    [InlineData("{'model':'m'}", "line 1, byte 2.")]
    [InlineData("{\"a\":01}", "line 1, byte 7.")]
    [InlineData("{\"a\":1} x", "line 1, byte 9.")]
    [InlineData("{\"a\":1}{\"b\":2}", "line 1, byte 8.")]
    [InlineData("{/* no comments */}", "line 1, byte 2.")]
    public void Broken_json_is_refused_with_its_place_and_without_its_text(string body, string place)
    {
        var peek = RequestPeek.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));

        Assert.Equal($"The body is not valid JSON: it breaks at {place}", peek.Error);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{\"model\":\"m\"}]")]
    [InlineData("\"model\"")]
    [InlineData("17")]
    [InlineData("null")]
    public void Json_that_is_no_object_is_refused(string body) =>
        Assert.Equal("The body is not a JSON object.",
            RequestPeek.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body))).Error);

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1100, false)]
    [InlineData(100_000, false)]
    public void A_body_may_be_deep_but_not_bottomless(int depth, bool isFine)
    {
        var body = $$"""{"model":"m","x":{{new string('[', depth)}}{{new string(']', depth)}}}""";

        var peek = RequestPeek.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));

        Assert.Equal(isFine, peek.Error is null);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_nobodys_business_but_in_the_models_name()
    {
        byte[] inContent = [.. "{\"model\":\"m\",\"x\":\""u8, 0xFF, 0xC0, .. "\"}"u8];
        byte[] inModel = [.. "{\"model\":\""u8, 0xFF, .. "\"}"u8];

        Assert.Equal(("m", (string?)null), (RequestPeek.Read(new(inContent)).Model, RequestPeek.Read(new(inContent)).Error));
        Assert.Equal("The body's model name is not valid UTF-8.", RequestPeek.Read(new(inModel)).Error);
    }

    private static ReadOnlySequence<byte> Segmented(byte[] bytes, int size)
    {
        var first = new Segment(bytes.AsMemory(0, Math.Min(size, bytes.Length)), null);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = new Segment(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
