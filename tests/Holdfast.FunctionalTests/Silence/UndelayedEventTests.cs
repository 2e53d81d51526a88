using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>What the upstream says reaches the client at once: each event is seen before the upstream is let send the next.</summary>
public sealed class UndelayedEventTests
{
    public static TheoryData<string> Protocols => SilentStream.Protocols;

    /// <summary>The upstream says the next event only when this one was seen: order proves it, no clock.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Each_event_arrives_verbatim_before_the_upstream_says_the_next(string protocol)
    {
        await AssertUndelayedAsync(protocol, answer => answer, fidelity: "exact");
    }

    /// <summary>Compression nobody asked for.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_compressed_with_gzip_is_decoded_without_delay(string protocol)
    {
        await AssertUndelayedAsync(protocol, answer => answer.Gzip(), fidelity: "repaired");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_compressed_with_brotli_is_decoded_without_delay(string protocol)
    {
        await AssertUndelayedAsync(protocol, answer => answer.Brotli(), fidelity: "repaired");
    }

    /// <summary>What is whole is not held back by what is not.</summary>
    [Fact]
    public async Task An_event_is_not_held_back_by_the_beginning_of_the_next()
    {
        await using var gateway = await TestGateway.StartAsync();
        var gate = new Gate();
        var events = SilentStream.TranscriptOf("anthropic").Events;
        var first = new TranscriptEvent((byte[])[.. events[0].Bytes.Span, .. events[1].Bytes.Span[..9]], EventRole.Delta);
        var second = new TranscriptEvent(events[1].Bytes[9..], EventRole.Delta);
        var shifted = new Transcript(Simulator.Requests.SimulatedProtocol.Anthropic, [first, second, .. events.Skip(2)], "text/event-stream");
        gateway.Upstream.Script(Answer.Sse(shifted).GateAfter(1, gate));
        await using var client = await gateway.ConnectAsync();

        await client.BeginTurnAsync("anthropic");
        await client.ReadEventsAsync(events.Take(1));
        gate.Open();

        await client.ReadEventsAsync(events.Skip(1));
        Assert.Null(await client.ReadEventAsync());
    }

    /// <summary>The upstream's own pings, far apart, and no keepalive of ours beside them.</summary>
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-responses")]
    [InlineData("openai-chat")]
    public async Task Pings_of_the_upstream_are_relayed_verbatim_and_make_ours_needless(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        var gate = new Gate();
        var events = PingsOnly(protocol);
        gateway.Upstream.Script(Answer.Sse(events).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(events.Events.Take(1));

        foreach (var e in events.Events.Skip(1))
        {
            time.Advance(SilentStream.KeepAlive - TimeSpan.FromSeconds(1));
            gate.Release();
            Assert.Equal(e.TextOf(), await client.ReadEventAsync());
        }

        gate.Open();
        Assert.Null(await client.ReadEventAsync());
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("completed", 0), (record.End?.Word(), record.Keepalives));
    }

    private static async Task AssertUndelayedAsync(string protocol, Func<Answer, Answer> change, string fidelity)
    {
        await using var gateway = await TestGateway.StartAsync();
        var gate = new Gate();
        var transcript = SilentStream.TranscriptOf(protocol, new TranscriptShape { Pings = protocol != "gemini" });
        gateway.Upstream.Script(change(Answer.Sse(transcript)).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);

        var isFirst = true;
        foreach (var e in transcript.Events)
        {
            gate.Release();
            if (isFirst)
            {
                Assert.Equal(fidelity, (await client.ReadHeadAsync()).Header("holdfast-fidelity"));
            }

            isFirst = false;
            Assert.Equal(e.TextOf(), await client.ReadEventAsync());
        }

        gate.Open();
        Assert.Null(await client.ReadEventAsync());
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>The first event, eight pings, then the rest.</summary>
    private static Transcript PingsOnly(string protocol)
    {
        var whole = SilentStream.TranscriptOf(protocol);
        var ping = protocol switch
        {
            "anthropic" => "event: ping\ndata: {\"type\": \"ping\"}\n\n",
            "openai-chat" => ": OPENROUTER PROCESSING\n\n",
            _ => "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":0}\n\n",
        };
        var pings = Enumerable.Repeat(TranscriptEvent.Of(ping, EventRole.Ping), 8);
        return new Transcript(whole.Protocol, [whole.Events[0], .. pings, .. whole.Events.Skip(1)], "text/event-stream");
    }
}
