using Holdfast.Recording.Records;
using Holdfast.Connections;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A gateway that is told to stop lets its streams finish; one that must stop now tells each of them so.</summary>
public sealed class StoppingGatewayTests
{
    public static TheoryData<string> Protocols => SilentStream.Protocols;

    [Fact]
    public async Task A_stopping_gateway_lets_every_stream_finish_and_refuses_new_turns()
    {
        var gate = new Gate();
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Choose(request => Answer.Sse(Simulator.Transcripts.Transcript.Of(
            request.Protocol, new Simulator.Transcripts.TranscriptShape())).GateAfter(2, gate)));
        var clients = new List<(string Protocol, RawHttpClient Client)>();
        foreach (var protocol in SampleRequests.Protocols)
        {
            var client = await gateway.ConnectAsync();
            clients.Add((protocol, client));
            await client.BeginTurnAsync(protocol);
            await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(2));
        }

        await using var idle = await gateway.ConnectAsync();
        await idle.RequestAsync("GET", "/healthz");
        await idle.ReadToEndAsync();

        // 1. New turns are refused, in the protocol's shape, on connections that are there; running ones go on.
        var stopping = gateway.StopAsync();
        await gateway.Log.WaitForAsync("Draining: 4 exchanges");
        var refusal = await idle.BeginTurnAsync("anthropic");
        Assert.Equal((503, "draining"), (refusal.Status, refusal.Header("holdfast-error")));
        Assert.Equal(("1", "close"), (refusal.Header("retry-after"), refusal.Header("connection")));
        Assert.Contains("\"type\":\"error\"", await idle.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Equal(("refused", "gateway", "draining"), EndOf(await gateway.NextRecordAsync()));
        Assert.False(stopping.IsCompleted);

        // 2. Each running turn comes to its own end, and only then the gateway to its own.
        gate.Open();
        foreach (var (protocol, client) in clients)
        {
            await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Skip(2));
            Assert.Null(await client.ReadEventAsync());
            Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
            await client.DisposeAsync();
        }

        await stopping.WithinTestTimeout();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_forced_stop_ends_each_open_stream_with_a_terminal_error(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).SilentAfter(2));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(2));
        var stopping = gateway.StopAsync();

        gateway.Services.GetRequiredService<Drain>().Force();

        await AssertStoppedAsync(client);
        Assert.Equal(("failed", "gateway", "gateway_stopped"), EndOf(await gateway.NextRecordAsync()));
        await stopping.WithinTestTimeout();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Streams_that_outlast_timeouts_drain_end_with_a_terminal_error(string protocol)
    {
        var time = new ManualTime();
        var limit = TimeSpan.FromSeconds(33.3);
        await using var gateway = await TestGateway.StartAsync(options => options.Timeouts.Drain = limit, time);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).SilentAfter(2));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(2));

        var stopping = gateway.StopAsync();
        await time.WaitForTimerDueInAsync(limit);
        time.Advance(limit);

        await AssertStoppedAsync(client);
        await stopping.WithinTestTimeout();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_forced_stop_before_the_first_byte_is_a_status(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        var stopping = gateway.StopAsync();

        gateway.Services.GetRequiredService<Drain>().Force();

        var head = await client.ReadHeadAsync();
        Assert.Equal((503, "gateway_stopped", "close"), (head.Status, head.Header("holdfast-error"), head.Header("connection")));
        await stopping.WithinTestTimeout();
    }

    private static (string, string?, string?) EndOf(Recording.Records.ExchangeRecord record) =>
        (record.End!.Value.Word(), record.EndSide?.Word(), record.ErrorCode);

    /// <summary>Keepalives may have come before it; nothing comes behind it.</summary>
    private static async Task AssertStoppedAsync(RawHttpClient client)
    {
        var rest = await client.ReadTextAsync();
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        var events = SseTranscript.Parse(rest).Events.Where(e => e.Type is not ("ping" or "keepalive")).ToList();
        Assert.Contains("gateway_stopped", events[0].Data, StringComparison.Ordinal);
        Assert.True(events.Count == 1 || (events.Count == 2 && events[1].IsDone), rest);
    }
}
