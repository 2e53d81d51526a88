using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A middlebox that kills what is idle for 30 s does not kill a stream that is silent for 90 s. Sockets
/// and relay run on real time, so all of it is scaled down by thirty: killed
/// after 1 s, silent for 3 s.</summary>
public sealed class IdleKillTests
{
    private static readonly TimeSpan Kill = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(0.2);

    [Fact]
    public Task A_stream_survives_a_long_silence_behind_a_middlebox_that_kills_the_idle() =>
        AssertAllSurviveAsync(answer => answer.SilentAfter(3, Silence));

    [Fact]
    public Task A_slow_first_byte_survives_behind_a_middlebox_that_kills_the_idle() =>
        AssertAllSurviveAsync(answer => answer.DelayHeaders(Silence));

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
        Assert.Equal(ExchangeEnd.ClientAborted, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>A long whole answer, for a client that is known to take interim answers.</summary>
    [Fact]
    public async Task A_whole_answer_survives_a_long_wait_behind_the_same_middlebox()
    {
        await using var gateway = await StartAsync(KeepAlive);
        await using var middlebox = Middlebox(gateway);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(Silence));
        await using var client = await RawHttpClient.ConnectAsync(middlebox.BaseUrl);
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        var head = await client.RequestAsync("POST", path, body, ("User-Agent", "node"), ("Content-Type", "application/json"));
        var answer = await client.ReadTextAsync();

        Assert.Equal((200, 0), (head.Status, middlebox.KillCount));
        Assert.True(head.Interim.Count >= 3);
        Assert.Contains("msg_sim", answer, StringComparison.Ordinal);
    }

    /// <summary>All four protocols at once: they would only wait beside each other.</summary>
    private static async Task AssertAllSurviveAsync(Func<Answer, Answer> silence)
    {
        await using var gateway = await StartAsync(KeepAlive);
        await using var middlebox = Middlebox(gateway);
        gateway.Upstream.Always(Answer.Choose(request =>
            silence(Answer.Sse(Transcript.Of(request.Protocol, new TranscriptShape())))));

        await Task.WhenAll(SampleRequests.Protocols.Select(protocol => AssertSurvivesAsync(protocol, middlebox)));

        Assert.Equal(0, middlebox.KillCount);
        foreach (var _ in SampleRequests.Protocols)
        {
            var record = await gateway.NextRecordAsync();
            Assert.Equal(ExchangeEnd.Completed, record.End);
            Assert.True(record.Keepalives >= 3);
        }
    }

    private static async Task AssertSurvivesAsync(string protocol, SocketRelay middlebox)
    {
        await using var client = await RawHttpClient.ConnectAsync(middlebox.BaseUrl);
        await client.BeginTurnAsync(protocol);
        var stream = SseTranscript.Parse(await client.ReadToEndAsync());

        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(SilentStream.TranscriptOf(protocol).Events.Select(e => e.TextOf()), Content(protocol, stream));
    }

    private static Task<TestGateway> StartAsync(TimeSpan keepAliveAfter) => TestGateway.StartAsync(options =>
    {
        options.Streaming.KeepAliveAfter = keepAliveAfter;
        options.Streaming.OpenEarlyAfter = TimeSpan.FromSeconds(0.3);
    });

    private static SocketRelay Middlebox(TestGateway gateway) => SocketRelay.Start(
        new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, gateway.Address.Port), new SocketRelayOptions { IdleKill = Kill });

    private static IEnumerable<string> Content(string protocol, SseTranscript stream) => stream.Entries
        .Select(entry => entry.Raw)
        .Where(raw => raw != "\n" && raw != SilentStream.KeepaliveOf(protocol, 2));
}
