using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>While another candidate could still answer, what says nothing yet stays here; with nobody left every
/// event goes out as it comes.</summary>
public sealed class HeldHandshakeTests
{
    private static readonly TimeSpan OpenEarly = TimeSpan.FromSeconds(31.7);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(7.3);

    public static TheoryData<string> Protocols => ["anthropic", "openai-chat", "openai-responses"];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_handshake_is_held_back_and_only_keepalives_go_out(string protocol)
    {
        var time = new ManualTime();
        var gate = new Gate();
        await using var chain = await StartAsync(time);
        var handshake = Turns.HandshakeOf(protocol);
        chain.First.Always(Answer.Sse(Turns.TranscriptOf(protocol)).GateAfter(handshake, gate));
        await using var client = await chain.SendAsync(protocol);
        await gate.ReachedAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(OpenEarly);

        // 1. The 200 at its deadline, then keepalives that say nothing.
        time.Advance(OpenEarly);
        var head = await client.ReadHeadAsync();
        Assert.Equal((200, "early"), (head.Status, head.Header("holdfast-opened")));
        for (var i = 0; i < 3; i++)
        {
            AssertSaysNothing((await client.ReadEventAsync())!);
            await time.WaitForTimerDueInAsync(KeepAlive);
            time.Advance(KeepAlive);
        }

        AssertSaysNothing((await client.ReadEventAsync())!);

        // 2. With the first output all of it, in order.
        gate.Open();
        Assert.Equal(Turns.TranscriptOf(protocol).Text, await client.ReadTextAsync());
        Assert.Equal([1, 0], chain.Ledger);
    }

    /// <summary>Pings of the upstream commit nothing: they say nothing that another answer would contradict.</summary>
    [Fact]
    public async Task Before_the_deadline_not_even_the_head_goes_out()
    {
        var gate = new Gate();
        var time = new ManualTime();
        await using var chain = await StartAsync(time);
        chain.First.Always(Answer.Sse(Turns.TranscriptOf("anthropic"))
            .PingsFor(TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(1), 1)
            .GateAfter(Turns.HandshakeOf("anthropic") + 3, gate).ErrorEventAfter(Turns.HandshakeOf("anthropic") + 3));
        chain.Second.Always(Answer.Status(400, """{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"""));
        await using var client = await chain.SendAsync();
        await gate.ReachedAsync().WithinTestTimeout();
        gate.Open();

        // The status was still free to choose.
        Assert.Equal(400, (await client.ReadAnswerAsync()).Status);
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task With_nobody_else_left_every_event_goes_out_as_it_comes(string protocol)
    {
        var gate = new Gate();
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Sse(Turns.TranscriptOf(protocol)).GateEvery(gate));
        await AssertEachEventComesAsync(chain, protocol, gate);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_last_candidates_events_go_out_as_they_come(string protocol)
    {
        var gate = new Gate();
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(500));
        chain.Second.Always(Answer.Sse(Turns.TranscriptOf(protocol)).GateEvery(gate));
        await AssertEachEventComesAsync(chain, protocol, gate);
    }

    [Fact]
    public async Task For_a_client_that_refuses_fallback_every_event_goes_out_as_it_comes()
    {
        var gate = new Gate();
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Sse(Turns.TranscriptOf("anthropic")).GateEvery(gate));
        await AssertEachEventComesAsync(chain, "anthropic", gate, "holdfast-no-fallback: 1\r\n");
    }

    /// <summary>Codex counts events alone, and gives up after 300 s without.</summary>
    [Fact]
    public async Task Codex_gets_the_handshake_after_200_seconds_at_the_latest()
    {
        var time = new ManualTime();
        var gate = new Gate();
        await using var chain = await ChainGateway.StartAsync(time: time, treatsLoopbackAsRemote: true, configure: options =>
        {
            options.Listen = ["http://127.0.0.1:0"];
            options.Streaming.KeepAliveAfter = KeepAlive;
        });
        var events = Turns.TranscriptOf("openai-responses").Events;
        var handshake = Turns.HandshakeOf("openai-responses");
        chain.First.Always(Answer.Sse(Turns.TranscriptOf("openai-responses")).GateAfter(handshake, gate));
        await using var client = await chain.SendAsync("openai-responses", headers: "User-Agent: codex_exec/0.169.0\r\n");
        await gate.ReachedAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(20));
        time.Advance(TimeSpan.FromSeconds(20));
        await client.ReadHeadAsync();

        var opened = time.Elapsed;
        var got = await client.ReadEventAsync();
        while (got == "\n")
        {
            Assert.True(time.Elapsed - opened < TimeSpan.FromSeconds(200) + KeepAlive, "The handshake is held for too long.");
            await time.WaitForTimerDueInAsync(KeepAlive);
            time.Advance(KeepAlive);
            got = await client.ReadEventAsync();
        }

        Assert.True(time.Elapsed - opened >= TimeSpan.FromSeconds(200), "The handshake was held for too short.");
        Assert.Equal(Encoding.UTF8.GetString(events[0].Bytes.Span), got);
        for (var i = 1; i < handshake; i++)
        {
            Assert.Equal(Encoding.UTF8.GetString(events[i].Bytes.Span), await client.ReadEventAsync());
        }

        gate.Open();
        Assert.EndsWith(Encoding.UTF8.GetString(events[^1].Bytes.Span), await client.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Equal([1, 0], chain.Ledger);
    }

    private static async Task AssertEachEventComesAsync(ChainGateway chain, string protocol, Gate gate, string headers = "")
    {
        await using var client = await chain.SendAsync(protocol, headers: headers);
        var isFirst = true;
        foreach (var e in Turns.TranscriptOf(protocol).Events)
        {
            await gate.ReachedAsync().WithinTestTimeout();
            gate.Release();
            if (isFirst)
            {
                Assert.Equal(200, (await client.ReadHeadAsync()).Status);
                isFirst = false;
            }

            Assert.Equal(Encoding.UTF8.GetString(e.Bytes.Span), await client.ReadEventAsync());
        }

        Assert.Null(await client.ReadEventAsync());
    }

    private static void AssertSaysNothing(string text) => Assert.All(SseTranscript.Parse(text).Entries,
        entry => Assert.True(entry.Kind != SseKind.Event || entry.Type == "ping", text));

    private static Task<ChainGateway> StartAsync(ManualTime time) => ChainGateway.StartAsync(time: time, configure: options =>
    {
        options.Streaming.OpenEarlyAfter = OpenEarly;
        options.Streaming.KeepAliveAfter = KeepAlive;
    });
}
