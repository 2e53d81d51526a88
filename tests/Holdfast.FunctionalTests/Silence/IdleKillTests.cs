using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>R29, R30: a middlebox that kills what is idle for 30 s does not kill a stream that is silent for 90 s. Sockets
/// and relay run on real time, so all of it is scaled down by twenty: killed after 1.5 s, silent for 4.5 s.</summary>
public sealed class IdleKillTests
{
    private static readonly TimeSpan Kill = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(4.5);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(0.3);

    public static TheoryData<string> Protocols => SilentStream.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_survives_a_long_silence_behind_a_middlebox_that_kills_the_idle(string protocol)
    {
        await using var gateway = await StartAsync(KeepAlive);
        await using var middlebox = Middlebox(gateway);
        var events = SilentStream.TranscriptOf(protocol).Events;
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).SilentAfter(3, Silence));
        await using var client = await RawHttpClient.ConnectAsync(middlebox.BaseUrl);

        await client.BeginTurnAsync(protocol);
        var stream = SseTranscript.Parse(await client.ReadToEndAsync());

        Assert.Equal((BodyEnd.CleanEnd, 0), (client.End, middlebox.KillCount));
        Assert.Equal(events.Select(e => e.TextOf()), Content(protocol, stream));
        Assert.True((await gateway.NextRecordAsync()).Keepalives >= 3);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_slow_first_byte_survives_behind_a_middlebox_that_kills_the_idle(string protocol)
    {
        await using var gateway = await StartAsync(KeepAlive);
        await using var middlebox = Middlebox(gateway);
        var events = SilentStream.TranscriptOf(protocol).Events;
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).DelayHeaders(Silence));
        await using var client = await RawHttpClient.ConnectAsync(middlebox.BaseUrl);

        await client.BeginTurnAsync(protocol);
        var stream = SseTranscript.Parse(await client.ReadToEndAsync());

        Assert.Equal((BodyEnd.CleanEnd, 0), (client.End, middlebox.KillCount));
        Assert.Equal(events.Select(e => e.TextOf()), Content(protocol, stream));
    }

    /// <summary>That the middlebox kills at all: without keepalives the same stream dies.</summary>
    [Fact]
    public async Task Without_keepalives_the_same_middlebox_kills_the_same_stream()
    {
        await using var gateway = await StartAsync(Timeout.InfiniteTimeSpan);
        await using var middlebox = Middlebox(gateway);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic")).SilentAfter(3, Silence));
        await using var client = await RawHttpClient.ConnectAsync(middlebox.BaseUrl);

        await client.BeginTurnAsync("anthropic");
        await client.ReadToEndAsync();

        Assert.Equal((BodyEnd.Reset, 1), (client.End, middlebox.KillCount));
        Assert.Equal("client_aborted", (await gateway.NextRecordAsync()).End);
    }

    /// <summary>D31: a long whole answer, for a client that is known to take interim answers.</summary>
    [Fact]
    public async Task A_whole_answer_survives_a_long_wait_behind_the_same_middlebox()
    {
        await using var gateway = await StartAsync(KeepAlive);
        await using var middlebox = Middlebox(gateway);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(Silence));
        await using var client = await RawHttpClient.ConnectAsync(middlebox.BaseUrl);
        var (path, body) = Requests.Turn("anthropic", stream: false);

        var head = await client.RequestAsync("POST", path, body, ("User-Agent", "node"), ("Content-Type", "application/json"));
        var answer = await client.ReadTextAsync();

        Assert.Equal((200, 0), (head.Status, middlebox.KillCount));
        Assert.True(head.Interim.Count >= 3);
        Assert.Contains("msg_sim", answer, StringComparison.Ordinal);
    }

    private static Task<TestGateway> StartAsync(TimeSpan keepAliveAfter) => TestGateway.StartAsync(options =>
    {
        options.Streaming.KeepAliveAfter = keepAliveAfter;
        options.Streaming.OpenEarlyAfter = TimeSpan.FromSeconds(0.5);
    });

    private static SocketRelay Middlebox(TestGateway gateway) => SocketRelay.Start(
        new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, gateway.Address.Port), new SocketRelayOptions { IdleKill = Kill });

    private static IEnumerable<string> Content(string protocol, SseTranscript stream) => stream.Entries
        .Select(entry => entry.Raw)
        .Where(raw => raw != "\n" && raw != SilentStream.KeepaliveOf(protocol, 2));
}
