using System.Security.Cryptography;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>A healthy stream reaches the client byte for byte, however odd its form and wherever the network cuts it.</summary>
public sealed class StreamBytesTests
{
    private static readonly string[] LineEnds = ["\n", "\r\n", "\r"];

    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_arrives_unchanged_with_any_line_ends_in_pieces_of_any_size(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var lineEnd in LineEnds)
        {
            foreach (var size in (int[])[1, 2, 3, 5, 7, 64, 1460])
            {
                var wanted = SampleStreams.Text(protocol).Text.Replace("\n", lineEnd, StringComparison.Ordinal);
                gateway.Upstream.Always(Answer.Sse(SampleStreams.Of(protocol), wanted).Split(size));

                var (fidelity, got) = await AskAsync(client, protocol);

                Assert.Equal(Hash(Encoding.UTF8.GetBytes(wanted)), Hash(got));
                Assert.Equal("exact", fidelity);
                Assert.Equal(Fidelity.Exact, (await gateway.NextRecordAsync()).Fidelity);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void A_stream_cut_in_two_at_any_byte_is_put_together_unchanged(string protocol)
    {
        foreach (var lineEnd in LineEnds)
        {
            var wanted = Encoding.UTF8.GetBytes(
                SampleStreams.Text(protocol).Text.Replace("\n", lineEnd, StringComparison.Ordinal));
            for (var cut = 0; cut <= wanted.Length; cut++)
            {
                var follower = WireProtocols.All.Single(p => p.Name == protocol).Follow(new StreamContext("test"));
                using var buffer = new FrameBuffer(follower.Framing);
                var got = new List<byte>(wanted.Length);
                Feed(buffer, follower, wanted.AsSpan(0, cut), got);
                Feed(buffer, follower, wanted.AsSpan(cut), got);

                Assert.True(got.SequenceEqual(wanted), $"cut at {cut}: {Encoding.UTF8.GetString([.. got])}");
                Assert.True(follower.MayEnd(cleanly: true), $"cut at {cut}");
            }
        }
    }

    [Theory]
    [InlineData("anthropic", "event: brand_new\ndata: {\"type\":\"brand_new\",\"x\":1.0}\n\n")]
    [InlineData("anthropic", ": a comment\n\n:\n\n\n\n")]
    [InlineData("anthropic", "id: 7\nretry: 100\nevent: ping\ndata: {\"type\": \"ping\"}\n\n")]
    [InlineData("anthropic", ": before\nevent: ping\n: between\ndata: {\"type\": \"ping\"}\n: after\nunknown: field\n\n")]
    [InlineData("anthropic", "event: ping\r\ndata: {\ndata:   \"type\":\rdata:   \"ping\"\r\ndata: }\n\r\n")]
    [InlineData("anthropic", "data: {\"type\":\"ping\"}\nevent: ping\n\n")]
    [InlineData("openai-chat", ": OPENROUTER PROCESSING\n\n")]
    [InlineData("openai-chat", "id: 1\nretry: 5\n\nevent: x\ndata: {\"object\":\"new\"}\n\n")]
    [InlineData("openai-chat", "data: {\"choices\":[],\"x_groq\":{\"id\":1e2}}\n\n")]
    [InlineData("openai-chat", "data: this is not JSON\n\n")]
    [InlineData("openai-responses", "event: response.brand_new\ndata: {\"type\":\"response.brand_new\",\"sequence_number\":1}\n\n")]
    [InlineData("openai-responses", ": a comment\n\n")]
    [InlineData("gemini", "data: {\n  data: 1}\n\n")]
    [InlineData("gemini", "data: {\r\ndata:   \"candidates\": []\r\ndata: }\r\n\r\n")]
    public async Task What_the_gateway_does_not_know_it_passes_on_unchanged(string protocol, string between)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var wanted = SampleStreams.With(protocol, between);
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Of(protocol), wanted));

        var (fidelity, got) = await AskAsync(client, protocol);

        Assert.Equal(wanted, Encoding.UTF8.GetString(got));
        Assert.Equal("exact", fidelity);
    }

    [Fact]
    public async Task A_signature_of_two_kilobytes_never_changes_however_it_is_split()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var signature = Convert.ToBase64String(SHA512.HashData([1]).AsSpan().ToArray().Concat(new byte[1500]).ToArray());
        var wanted = SampleStreams.With("anthropic",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
            + $"{{\"type\":\"signature_delta\",\"signature\":\"{signature}\"}}}}\n\n");
        Assert.True(signature.Length > 2000);

        foreach (var size in (int[])[1, 100, 1000])
        {
            gateway.Upstream.Always(Answer.Sse(SampleStreams.Of("anthropic"), wanted).Split(size));
            var (_, got) = await AskAsync(client, "anthropic");
            Assert.Equal(wanted, Encoding.UTF8.GetString(got));
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_event_of_five_megabytes_arrives_unchanged(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var direct = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        await using var client = await gateway.ConnectAsync();
        gateway.Upstream.Always(Answer.HugeEvent(5_000_000));

        var (_, wanted) = await AskAsync(direct, protocol);
        var (fidelity, got) = await AskAsync(client, protocol);

        Assert.True(wanted.Length > 5_000_000);
        Assert.Equal(Hash(wanted), Hash(got));
        Assert.Equal("exact", fidelity);
    }

    [Fact]
    public async Task An_event_of_a_hundred_thousand_data_lines_arrives_unchanged()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var lines = string.Concat(Enumerable.Repeat("data:   \"of many lines\",\n", 100_000));
        var wanted = SampleStreams.With("openai-chat", $"data: {{\"x\": [\n{lines}data: 1]}}\n\n");
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Of("openai-chat"), wanted));

        var (_, got) = await AskAsync(client, "openai-chat");

        Assert.Equal(Hash(Encoding.UTF8.GetBytes(wanted)), Hash(got));
    }

    private static void Feed(FrameBuffer buffer, StreamFollower follower, ReadOnlySpan<byte> bytes, List<byte> output)
    {
        while (!bytes.IsEmpty)
        {
            var room = buffer.GetMemory().Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            buffer.Advance(count);
            bytes = bytes[count..];
        }

        while (buffer.TryTake(out var frame))
        {
            var action = follower.Observe(frame);
            output.AddRange(action == FrameAction.Relay ? frame : action == FrameAction.Replace ? follower.Replacement : []);
        }
    }

    private static async Task<(string? Fidelity, byte[] Body)> AskAsync(RawHttpClient client, string protocol)
    {
        var (path, body) = SampleRequests.Turn(protocol);
        var head = await client.RequestAsync("POST", path, body);
        Assert.Equal(200, head.Status);
        var bytes = await client.ReadToEndAsync();
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        return (head.Header("holdfast-fidelity"), bytes);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
