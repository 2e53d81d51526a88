using Holdfast.Recording.Records;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>Quiet but alive and dead are told apart. Keepalive and stall are two clocks: the one never hides the other.</summary>
public sealed class StalledUpstreamTests
{
    public static TheoryData<string> Protocols => SilentStream.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_silent_for_ever_ends_with_a_timeout_although_its_client_gets_keepalives(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).SilentAfter(3));
        await using var client = await gateway.ConnectAsync();

        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(3));

        await AssertStallsAsync(protocol, time, client);
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        Assert.Equal(AnswerEnd.ClientGone, await request.Answered.WithinTestTimeout());
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("failed", "upstream", "gateway"), (record.End?.Word(), record.EndSide?.Word(), record.ClosedFirst?.Word()));
        Assert.Equal(("read ETIMEDOUT", "stream_stalled", 8), (record.Error, record.ErrorCode, record.Keepalives));
    }

    /// <summary>A path swallows every packet: the upstream speaks on, nothing arrives.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_half_open_connection_ends_the_same_way(string protocol)
    {
        var time = new ManualTime();
        await using var upstream = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var path = SocketRelay.Start(upstream.Endpoint);
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time, upstreamAddress: path.BaseUrl);
        var gate = new Gate();
        upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).GateAfter(3, gate));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(3));

        path.DropsSilently = true;
        gate.Open();

        await AssertStallsAsync(protocol, time, client);
    }

    /// <summary>The upstream's own pings are life; ours are not.</summary>
    [Fact]
    public async Task An_upstream_that_pings_is_alive_however_long_it_takes()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                // A form of ours that cannot be taken for the upstream's own pings.
                SilentStream.Clocks(options);
                options.Streaming.KeepAliveForms.Messages = KeepAliveForm.Comment;
            },
            time);
        var gate = new Gate();
        var events = SilentStream.TranscriptOf("anthropic", new() { Pings = true }).Events;
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic", new() { Pings = true })).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync("anthropic");
        await client.ReadEventAsync();

        foreach (var e in events.Skip(1))
        {
            time.Advance(SilentStream.Stall - TimeSpan.FromSeconds(1));
            gate.Release();
            await ReadUntilAsync(client, e.TextOf());
        }

        gate.Open();
        Assert.Null(await client.ReadEventAsync());
        var record = await gateway.NextRecordAsync();
        Assert.Equal(ExchangeEnd.Completed, record.End);
        Assert.True(record.LongestGapMs >= 60_000);
    }

    /// <summary>An event that has partly arrived is a byte like any other, then silence is silence.</summary>
    [Fact]
    public async Task A_stream_that_stalls_inside_an_event_ends_at_the_event_before_it()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        var events = SilentStream.TranscriptOf("anthropic").Events;
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic")).SilentAfter(4).Split(20));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync("anthropic");
        await client.ReadEventsAsync(events.Take(4));

        await AssertStallsAsync("anthropic", time, client);
    }

    private static async Task AssertStallsAsync(string protocol, ManualTime time, RawHttpClient client)
    {
        // Eight keepalives fit into the limit; each is taken, so that the next is sent.
        for (var i = 1; i <= 8; i++)
        {
            var keepalive = await time.AfterSilenceAsync(client);
            Assert.Equal(SilentStream.KeepaliveOf(protocol, 2), keepalive);
        }

        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        time.Advance(SilentStream.Stall - time.Elapsed - SilentStream.Moment);
        time.Advance(SilentStream.Moment);
        var end = await client.ReadTextAsync();

        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Contains("stream_stalled", end, StringComparison.Ordinal);
        Assert.Contains("timeout", end, StringComparison.Ordinal);
        Assert.Contains("streaming.stallAfter", end, StringComparison.Ordinal);
        var events = SseTranscript.Parse(end).Events;
        Assert.Equal(protocol == "openai-chat" ? 2 : 1, events.Count);
    }

    private static async Task ReadUntilAsync(RawHttpClient client, string wanted)
    {
        string? got;
        while ((got = await client.ReadEventAsync()) != wanted)
        {
            Assert.Equal(": keepalive\n\n", got);
        }
    }
}
