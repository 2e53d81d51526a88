using System.Buffers;
using System.Text;
using System.Text.Json;
using Holdfast.Attempts;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Proxy;

public sealed class RequestContentTests
{
    [Theory]
    [InlineData("""{"model":"fast","a":1}""", """{"model":"claude-x","a":1}""")]
    [InlineData("""{ "a" : {"model":"inner"} , "model" :  "fast" }""", """{ "a" : {"model":"inner"} , "model" :  "claude-x" }""")]
    [InlineData("""{"model":"fa\u0073t"}""", """{"model":"claude-x"}""")]
    [InlineData("\uFEFF{\"model\":\"fast\"}", "\uFEFF{\"model\":\"claude-x\"}")]
    [InlineData("""{"model":"one","model":"two"}""", """{"model":"one","model":"claude-x"}""")]
    public async Task A_models_name_is_replaced_and_no_other_byte(string body, string expected)
    {
        var bytes = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body));
        var at = RequestPeek.Read(bytes).ModelAt;

        using var content = new RequestContent(bytes, at, JsonEncodedText.Encode("claude-x"));

        Assert.Equal(expected, Encoding.UTF8.GetString(await content.ReadAsByteArrayAsync()));
        Assert.Equal(Encoding.UTF8.GetByteCount(expected), content.Headers.ContentLength);
        Assert.True(content.IsSent);
    }

    [Fact]
    public async Task A_body_in_many_pieces_is_spliced_where_its_model_stands()
    {
        var text = Encoding.UTF8.GetBytes("""{"messages":["long long text"],"model":"fast","stream":true}""");
        for (var size = 1; size < text.Length; size++)
        {
            var bytes = Pieces.Of(text, size);
            using var content = new RequestContent(
                bytes, RequestPeek.Read(bytes).ModelAt, JsonEncodedText.Encode("a/b\"c"));

            Assert.Equal("""{"messages":["long long text"],"model":"a/b\u0022c","stream":true}""",
                await content.ReadAsStringAsync());
        }
    }

    private sealed class Pieces : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Of(byte[] bytes, int size)
        {
            Pieces? first = null, last = null;
            for (var at = 0; at < bytes.Length; at += size)
            {
                var piece = new Pieces
                {
                    Memory = bytes.AsMemory(at, Math.Min(size, bytes.Length - at)),
                    RunningIndex = at,
                };
                first ??= piece;
                if (last is not null)
                {
                    last.Next = piece;
                }

                last = piece;
            }

            return new(first!, 0, last!, last!.Memory.Length);
        }
    }
}
