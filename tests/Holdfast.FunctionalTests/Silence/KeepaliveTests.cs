using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A client of a stream never hears nothing for longer than <c>streaming.keepAliveAfter</c>, in the form its
/// protocol's clients were measured to take.</summary>
public sealed class KeepaliveTests
{
    public static TheoryData<string> Protocols => SilentStream.Protocols;

    /// <summary>13 × 7.3 s of silence in the middle of a stream.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Every_gap_of_a_silent_stream_ends_with_a_keepalive_after_keepAliveAfter(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        gateway.Upstream.Script(Silent(protocol, after: 4, out var gate));
        await using var client = await gateway.ConnectAsync();
        var events = SilentStream.TranscriptOf(protocol).Events;
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(events.Take(4));

        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(SilentStream.KeepaliveOf(protocol, lastSequence: 3), await time.AfterSilenceAsync(client));
        }

        gate.Open();
        await client.ReadEventsAsync(events.Skip(4));
        Assert.Null(await client.ReadEventAsync());
        Assert.Equal(8, (await gateway.NextRecordAsync()).Keepalives);
    }

    /// <summary>What the upstream says moves the next keepalive.</summary>
    [Fact]
    public async Task An_event_puts_the_next_keepalive_off()
    {
        var time = new ManualTime();
        var gate = new Gate();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic")).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync("anthropic");
        await client.ReadEventAsync();

        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        time.Advance(SilentStream.KeepAlive - SilentStream.Moment);
        gate.Release();
        var second = await client.ReadEventAsync();
        time.Advance(SilentStream.Moment);
        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive - SilentStream.Moment);
        gate.Release();
        var third = await client.ReadEventAsync();
        time.Advance(SilentStream.KeepAlive);
        var keepalive = await client.ReadEventAsync();

        Assert.StartsWith("event: content_block_start", second, StringComparison.Ordinal);
        Assert.StartsWith("event: content_block_delta", third, StringComparison.Ordinal);
        Assert.Equal(SilentStream.KeepaliveOf("anthropic", 0), keepalive);
    }

    /// <summary>Some clients count only events, others choke on a form they do not know, so each form can be chosen.</summary>
    [Theory]
    [InlineData("anthropic", KeepAliveForm.Comment, ": keepalive\n\n")]
    [InlineData("anthropic", KeepAliveForm.Blank, "\n")]
    [InlineData("openai-chat", KeepAliveForm.Blank, "\n")]
    [InlineData("openai-responses", KeepAliveForm.Comment, ": keepalive\n\n")]
    [InlineData("openai-responses", KeepAliveForm.Blank, "\n")]
    [InlineData("gemini", KeepAliveForm.Comment, ": keepalive\n\n")]
    public async Task The_form_of_a_keepalive_is_a_setting(string protocol, KeepAliveForm form, string wanted)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                SilentStream.Clocks(options);
                var forms = options.Streaming.KeepAliveForms;
                (forms.Messages, forms.Chat, forms.Responses, forms.Gemini) = (form, form, form, form);
            },
            time);
        gateway.Upstream.Script(Silent(protocol, after: 2, out _));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(2));

        var keepalive = await time.AfterSilenceAsync(client);

        Assert.Equal(wanted, keepalive);
    }

    /// <summary>An SDK's accumulator throws on any event before <c>response.created</c>.</summary>
    [Fact]
    public async Task Responses_is_kept_alive_by_blank_lines_before_its_first_event_and_by_events_after_it()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        gateway.Upstream.Script(Silent("openai-responses", after: 0, out var gate));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("openai-responses");
        await time.WaitForTimerDueInAsync(SilentStream.OpenEarly);
        time.Advance(SilentStream.OpenEarly);
        await client.ReadHeadAsync();
        var opening = await client.ReadEventAsync();
        var before = await time.AfterSilenceAsync(client);
        gate.Open();
        var events = SilentStream.TranscriptOf("openai-responses").Events;
        await client.ReadEventsAsync(events);

        Assert.Equal(("\n", "\n"), (opening, before));
        Assert.Null(await client.ReadEventAsync());
    }

    /// <summary>Our keepalives repeat the last number, upstream events keep theirs, our error is the last plus one.</summary>
    [Fact]
    public async Task Keepalives_of_Responses_repeat_the_last_sequence_number_and_shift_none()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        var events = SilentStream.TranscriptOf("openai-responses").Events;
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("openai-responses")).GateEvery(gate).FinAfterEvent(6));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync("openai-responses");
        await client.ReadEventAsync();

        for (var i = 1; i < 6; i++)
        {
            Assert.Equal(SilentStream.KeepaliveOf("openai-responses", i - 1), await time.AfterSilenceAsync(client));
            gate.Release();
            Assert.Equal(events[i].TextOf(), await client.ReadEventAsync());
        }

        gate.Open();
        var error = SseTranscript.Parse((await client.ReadEventAsync())!).Events.Single();
        Assert.Equal("response.failed", error.Type);
        Assert.Equal(6, error.Json.GetProperty("sequence_number").GetInt32());
    }

    [Fact]
    public async Task Off_means_no_keepalive()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                SilentStream.Clocks(options);
                options.Streaming.KeepAliveAfter = Timeout.InfiniteTimeSpan;
            },
            time);
        gateway.Upstream.Script(Silent("anthropic", after: 2, out var gate));
        await using var client = await gateway.ConnectAsync();
        var events = SilentStream.TranscriptOf("anthropic").Events;
        await client.BeginTurnAsync("anthropic");
        await client.ReadEventsAsync(events.Take(2));
        await time.WaitForTimerDueInAsync(SilentStream.Stall);

        time.Advance(SilentStream.Stall - SilentStream.Moment);
        gate.Open();

        await client.ReadEventsAsync(events.Skip(2));
        Assert.Equal(0, (await gateway.NextRecordAsync()).Keepalives);
    }

    private static Answer Silent(string protocol, int after, out Gate gate)
    {
        gate = new Gate();
        return Answer.Sse(SilentStream.TranscriptOf(protocol)).GateAfter(after, gate);
    }
}
