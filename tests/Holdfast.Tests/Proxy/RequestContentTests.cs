using Holdfast.Wire.Bytes;
using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Holdfast.Attempts;
using Holdfast.TestKit;
using Holdfast.Wire.Json;
using Holdfast.Wire.Passages;

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
        using var bytes = Pooled(body);
        using var content = ContentOf(bytes, "claude-x");

        Assert.Equal(expected, Encoding.UTF8.GetString(await content.ReadAsByteArrayAsync()));
        Assert.Equal(Encoding.UTF8.GetByteCount(expected), content.Headers.ContentLength);
        Assert.True(content.IsSent);
    }

    [Fact]
    public async Task A_body_in_pieces_is_spliced_where_its_model_stands()
    {
        foreach (var firstPiece in (int[])[16, 32, 64])
        {
            // The border of the pieces goes through every place of the name, and beyond.
            for (var blanks = 0; blanks < firstPiece; blanks++)
            {
                var (before, behind) = ("{" + new string(' ', blanks) + "\"model\":", ",\"stream\":true}" + new string(' ', 64));
                using var bytes = Pooled($"{before}\"fast\"{behind}", firstPiece);
                using var content = ContentOf(bytes, "a/b\"c");

                Assert.Equal($"{before}\"a/b\\\"c\"{behind}", await content.ReadAsStringAsync());
            }
        }
    }

    public static TheoryData<string> Orders => ["OCS", "OSC", "COS", "CSO", "SOC", "SCO"];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task The_bytes_stay_until_their_owner_the_content_and_its_sending_have_let_go(string order)
    {
        var text = new string('a', 200_000);
        var bytes = Pooled(text, firstPiece: 64);
        var part = bytes.Bytes.First;
        var content = new RequestContent(bytes, new(bytes.Bytes));
        var upstream = new StuckStream();
        var sending = content.CopyToAsync(upstream);

        foreach (var who in order)
        {
            Assert.Equal(-1, part.Span.IndexOfAnyExcept((byte)'a'));
            await (who switch
            {
                'O' => Do(bytes.Dispose),
                'C' => Do(content.Dispose),
                _ => EndAsync(),
            });
        }

        Assert.Equal(text, upstream.Text);
        Assert.Equal(-1, part.Span.IndexOfAnyExcept(PoisoningPool.Poison));

        Task EndAsync()
        {
            upstream.ReadsOn.SetResult();
            return sending;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sending_that_fails_lets_go_too(bool isDisposedFirst)
    {
        var bytes = Pooled("some text", firstPiece: 64);
        var part = bytes.Bytes.First;
        var content = new RequestContent(bytes, new(bytes.Bytes));
        var upstream = new StuckStream();
        var sending = content.CopyToAsync(upstream);
        bytes.Dispose();
        (isDisposedFirst ? content : (IDisposable)new MemoryStream()).Dispose();

        upstream.ReadsOn.SetException(new IOException("gone"));
        await Assert.ThrowsAsync<HttpRequestException>(() => sending);
        content.Dispose();

        Assert.Equal(-1, part.Span.IndexOfAnyExcept(PoisoningPool.Poison));
        Assert.False(content.IsSent);
    }

    [Fact]
    public async Task Disposed_it_cannot_be_sent_even_while_its_bytes_are_there()
    {
        using var bytes = Pooled("some text", firstPiece: 64);
        var content = new RequestContent(bytes, new(bytes.Bytes));
        content.Dispose();
        content.Dispose();

        using var target = new MemoryStream();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Send(content, target));

        Assert.Equal(0, target.Length);
        Assert.Equal("some text", Encoding.UTF8.GetString(bytes.Bytes.ToArray()));
    }

    [Fact]
    public void Of_bytes_that_are_gone_there_is_no_content()
    {
        var bytes = Pooled("some text", firstPiece: 64);
        using var other = new RequestContent(bytes, new(bytes.Bytes));
        bytes.Dispose();

        Assert.Throws<ObjectDisposedException>(() => new RequestContent(bytes, new(bytes.Bytes)));
    }

    private static RequestContent ContentOf(PooledBytes bytes, string model) =>
        new(bytes, Passage.Exact.Body(bytes.Bytes, RequestPeek.Read(bytes.Bytes).ModelAt, model));

    private static PooledBytes Pooled(string text, int firstPiece = 0)
    {
        var bytes = new PooledBytes(firstPiece);
        bytes.Append(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)));
        return bytes;
    }

    /// <summary>As a handler does it: without the check that <see cref="HttpContent.CopyToAsync(Stream)"/> makes.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SerializeToStreamAsync")]
    private static extern Task Send(RequestContent content, Stream stream, TransportContext? context = null);

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    /// <summary>An upstream that takes nothing until it reads on: what it then finds is what stands in memory by then.</summary>
    private sealed class StuckStream : MemoryStream
    {
        public TaskCompletionSource ReadsOn { get; } = new();

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await ReadsOn.Task;
            Write(buffer.Span);
        }
    }
}
