using Holdfast.Wire;
using System.IO.Compression;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>A streaming request asks for no compression; what comes compressed nevertheless is relayed plain and says
/// so, and what cannot be undone is a typed error: several clients read a
/// compressed stream late or not at all.</summary>
public sealed class UnaskedCompressionTests
{
    public static TheoryData<string, string> ProtocolsAndEncodings => new MatrixTheoryData<string, string>(
        SampleRequests.Protocols, ["gzip", "GZIP", "x-gzip", "br", "deflate"]);

    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [MemberData(nameof(ProtocolsAndEncodings))]
    public async Task A_compressed_stream_arrives_plain(string protocol, string encoding)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var wanted = SampleStreams.Text(protocol).Text;
        gateway.Upstream.Always(LiteralAnswer.Of(200, Encode(wanted, encoding),
            "content-type: text/event-stream", $"content-encoding: {encoding}"));
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);
        var got = await client.ReadToEndAsync();

        Assert.Equal(wanted, Encoding.UTF8.GetString(got));
        Assert.Null(head.Header("content-encoding"));
        Assert.Equal("repaired", head.Header("holdfast-fidelity"));
        Assert.Equal(Fidelity.Repaired, (await gateway.NextRecordAsync()).Fidelity);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    public async Task A_compressed_stream_in_small_pieces_arrives_plain(int size)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var answer in (Answer[])[Answer.Ok().Gzip(), Answer.Ok().Brotli()])
        {
            gateway.Upstream.Always(answer.Split(size));
            var (path, body) = SampleRequests.Turn("anthropic");

            await client.RequestAsync("POST", path, body);
            var got = await client.ReadTextAsync();

            Assert.Equal("message_stop", SseTranscript.Parse(got).EventTypes[^1]);
        }
    }

    [Fact]
    public async Task Two_layers_of_compression_are_both_undone()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var wanted = SampleStreams.Text("anthropic").Text;
        gateway.Upstream.Always(LiteralAnswer.Of(200, Encode(Encode(wanted, "br"), "gzip"),
            "content-type: text/event-stream", "content-encoding: br, gzip"));
        var (path, body) = SampleRequests.Turn("anthropic");

        await client.RequestAsync("POST", path, body);

        Assert.Equal(wanted, await client.ReadTextAsync());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_compression_nobody_knows_is_a_typed_error(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        gateway.Upstream.Always(Answer.Ok().Header("content-encoding", "zstd"));
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);
        var text = await client.ReadTextAsync();

        Assert.Equal((502, "stream_garbled"), (head.Status, head.Header("holdfast-error")));
        Assert.Contains("\"code\":\"stream_garbled\"", text, StringComparison.Ordinal);
        Assert.Equal("stream_garbled", (await gateway.NextRecordAsync()).ErrorCode);
    }

    [Fact]
    public async Task A_compressed_error_arrives_plain_with_its_status_and_says_that_it_was_repaired()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        const string Wanted = """{"type":"error","error":{"type":"overloaded_error","message":"x"}}""";
        gateway.Upstream.Always(LiteralAnswer.Of(529, Encode(Wanted, "gzip"),
            "content-type: application/json", "content-encoding: gzip"));
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal(529, head.Status);
        Assert.Equal(Wanted, await client.ReadTextAsync());
        Assert.Null(head.Header("content-encoding"));
        Assert.Equal("repaired", head.Header("holdfast-fidelity"));
        Assert.Equal("upstream:overloaded_error", (await gateway.NextRecordAsync()).ErrorCode);
    }

    private static byte[] Encode(string text, string encoding) => Encode(Encoding.UTF8.GetBytes(text), encoding);

    private static byte[] Encode(byte[] text, string encoding)
    {
        using var result = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "br" => new BrotliStream(result, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(result, CompressionLevel.Optimal, leaveOpen: true),
            _ => new GZipStream(result, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            stream.Write(text);
        }

        return result.ToArray();
    }
}
