using System.Text.Json.Nodes;
using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A turn is generated once: a client that was cut off and asks again gets what it missed, byte for byte, and the
/// upstream is asked once.</summary>
public sealed class ReattachTests
{
    /// <summary>How long clients wait before they ask again: as long as there is a turn to come back for.</summary>
    public static MatrixTheoryData<string, Loss, double> Losses => new(SampleRequests.Protocols, Enum.GetValues<Loss>(), [0.2, 5, 19]);

    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task A_client_lost_after_any_event_gets_the_whole_answer_when_it_asks_again(
        string protocol, Loss loss, double secondsLater)
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        var transcript = Turns.TranscriptOf(protocol);
        for (var events = 0; events < transcript.Events.Count; events++)
        {
            var gate = new Gate();
            gateway.Upstream.Script(LostTurn.Gated(protocol, gate));
            gate.Release(events);
            await gateway.BeginAndLoseAsync(protocol, events, loss, $"x-api-key: case-{events}\r\n");
            time.Advance(TimeSpan.FromSeconds(secondsLater));

            var asking = gateway.AskAsync(protocol, headers: ("x-api-key", $"case-{events}"));
            await gateway.WaitForOpenExchangesAsync(2);
            gate.Open();
            var answer = await asking;

            Assert.Equal((200, BodyEnd.CleanEnd, "1"), (answer.Status, answer.End, answer.Header(LostTurn.Reattached)));
            Assert.Equal(transcript.Text, answer.Text);
            Assert.Equal(events + 1, gateway.Upstream.RequestCount);
            await AssertRecordsAsync(gateway, saysUsage: protocol != "openai-chat");
        }
    }

    /// <summary>At 21 s a turn that still ran has been given up, and is asked for a second time.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task After_journal_linger_a_turn_that_was_lost_after_any_event_is_asked_anew(string protocol)
    {
        var transcript = Turns.TranscriptOf(protocol);
        for (var events = 0; events < transcript.Events.Count; events++)
        {
            var time = new ManualTime();
            await using var gateway = await LostTurn.StartAsync(time);
            gateway.Upstream.Script(LostTurn.Gated(protocol, ReleasedTo(events)), Answer.Sse(transcript));
            await gateway.BeginAndLoseAsync(protocol, events);
            await time.WaitForTimerDueInAsync(LostTurn.Linger);
            time.Advance(TimeSpan.FromSeconds(21));
            var givenUp = await gateway.NextRecordAsync();

            var answer = await gateway.AskAsync(protocol);

            Assert.Equal(("client_aborted", "given_up"), (givenUp.End?.Word(), givenUp.Turn?.Word()));
            Assert.Equal((transcript.Text, null, 2), (answer.Text, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
            Assert.Equal(givenUp.ExchangeId, (await gateway.NextRecordAsync()).RetryOf);
        }
    }

    /// <summary>The journal is told at once, the rest as it comes.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task What_was_missed_comes_at_once_and_the_rest_as_the_upstream_writes_it(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated(protocol, gate));
        gate.Release(3);
        await gateway.BeginAndLoseAsync(protocol, events: 1);

        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        await client.ReadHeadAsync();
        foreach (var e in Turns.TranscriptOf(protocol).Events.Skip(3))
        {
            gate.Release();
        }

        await client.ReadEventsAsync(Turns.TranscriptOf(protocol).Events);
        gate.Open();
        Assert.Null(await client.ReadEventAsync());
        Assert.Equal(1, gateway.Upstream.RequestCount);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_answer_that_became_whole_without_its_client_waits_for_it(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        await LoseAndFinishAsync(gateway, protocol);
        time.Advance(LostTurn.Keep - TimeSpan.FromSeconds(1));

        var answer = await gateway.AskAsync(protocol);

        Assert.Equal(Turns.TranscriptOf(protocol).Text, answer.Text);
        Assert.Equal(("1", 1), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        var again = await gateway.AskAsync(protocol);
        Assert.Equal((null, 2), (again.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    [Fact]
    public async Task After_journal_keep_it_is_asked_anew()
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        await LoseAndFinishAsync(gateway, "anthropic");
        time.Advance(LostTurn.Keep);

        var answer = await gateway.AskAsync("anthropic");

        Assert.Equal((null, 2), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>At 21 s the turn that still ran has been given up.</summary>
    [Fact]
    public async Task A_turn_nobody_asks_for_again_is_given_up_after_journal_linger()
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        gateway.Upstream.Script(Answer.Sse(Turns.TranscriptOf("anthropic")).SilentAfter(3), Answer.Ok());
        await gateway.BeginAndLoseAsync("anthropic", events: 3);
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(LostTurn.Linger);

        time.Advance(LostTurn.Linger);

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("client_aborted", "client"), (record.End?.Word(), record.EndSide?.Word()));
        var answer = await gateway.AskAsync("anthropic");
        Assert.Equal((200, null, 2), (answer.Status, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_whole_answer_waits_too(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate));
        await using (var client = await gateway.ConnectAsync())
        {
            var (path, body) = SampleRequests.Turn(protocol, stream: false);
            await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {body.Length}\r\n\r\n{body}");
            await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
            await client.LoseAsync(gateway);
        }

        await gateway.WaitForTurnsAsync(1);
        var asking = gateway.AskAsync(protocol, stream: false);
        gate.Open();
        var answer = await asking;

        Assert.Equal((200, BodyEnd.CleanEnd, "1", 1),
            (answer.Status, answer.End, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        var whole = await gateway.AskAsync(protocol, stream: false);
        Assert.Equal(whole.Text, answer.Text);
    }

    /// <summary>Much larger than what a writer may be ahead of its reader.</summary>
    [Fact]
    public async Task A_large_stream_is_put_together_while_it_comes()
    {
        const int events = 400;
        await using var gateway = await LostTurn.StartAsync(configure: options => options.Journal.MaxTurnBytes = 64 * 1024);
        var gate = new Gate();
        var transcript = Transcript.Of(SimulatedProtocol.Anthropic, new TranscriptShape
        {
            Deltas = [.. Enumerable.Repeat(new string('x', 2000), events)],
        });
        gateway.Upstream.Script(Answer.Sse(transcript).GateAfter(3, gate));
        await gateway.BeginAndLoseAsync("anthropic", events: 0);

        var asking = gateway.AskAsync("anthropic", stream: false);
        await gateway.WaitForOpenExchangesAsync(2);
        gate.Open();
        var answer = await asking;

        Assert.Equal((200, "1", 1), (answer.Status, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(events * 2000, JsonNode.Parse(answer.Text)!["content"]![0]!["text"]!.GetValue<string>().Length);
    }

    /// <summary>Six times what memory may hold.</summary>
    [Fact]
    public async Task What_memory_has_no_room_for_waits_on_disk()
    {
        const int turns = 12;
        var home = Directory.CreateTempSubdirectory("holdfast-journal-");
        await using (var gateway = await LostTurn.StartAsync(
            configure: options => options.Journal.MaxBytes = 1024 * 1024, home: home.FullName))
        {
            var transcript = Transcript.Of(SimulatedProtocol.Anthropic, new TranscriptShape
            {
                Deltas = [.. Enumerable.Repeat(new string('x', 2000), 250)],
            });
            for (var i = 0; i < turns; i++)
            {
                var gate = new Gate();
                gateway.Upstream.Script(Answer.Sse(transcript).GateAfter(3, gate));
                await gateway.BeginAndLoseAsync("anthropic", events: 0, headers: $"x-api-key: case-{i}\r\n");
                gate.Open();
                Assert.Equal(TurnFate.Drained, (await gateway.NextRecordAsync()).Turn);
                await gateway.Services.GetRequiredService<TurnJournal>().Spilling;
            }

            Assert.InRange(await gateway.MetricAsync("holdfast_journal_size_bytes"), 0, 1024 * 1024);
            Assert.True(await gateway.MetricAsync("holdfast_journal_disk_bytes") > 5 * 1024 * 1024);
            for (var i = 0; i < turns; i++)
            {
                var answer = await gateway.AskAsync("anthropic", headers: ("x-api-key", $"case-{i}"));
                Assert.Equal((transcript.Text, "1"), (answer.Text, answer.Header(LostTurn.Reattached)));
            }

            Assert.Equal(turns, gateway.Upstream.RequestCount);
        }

        home.Delete(recursive: true);
    }

    /// <summary>The first client looks alive, and is not: the key says that this is the same request.</summary>
    [Theory]
    [InlineData("idempotency-key")]
    [InlineData("holdfast-turn")]
    public async Task A_request_that_names_its_turn_takes_it_over(string header)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate));
        gate.Release(3);
        await using var first = await gateway.ConnectAsync();
        await first.BeginTurnAsync("anthropic", $"{header}: turn-1\r\n");
        await first.ReadEventsAsync(Turns.TranscriptOf("anthropic").Events.Take(3));

        await using var second = await gateway.ConnectAsync();
        var head = await second.BeginTurnAsync("anthropic", $"{header}: turn-1\r\n");
        gate.Open();

        Assert.Equal((Turns.TranscriptOf("anthropic").Text, "1", 1),
            (await second.ReadTextAsync(), head.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(ConnectionEnd.Reset, await first.WaitForEndAsync());
    }

    /// <summary>A client that came back may be lost too.</summary>
    [Fact]
    public async Task A_client_may_be_lost_again_and_again()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        var events = Turns.TranscriptOf("openai-responses").Events;
        gateway.Upstream.Script(LostTurn.Gated("openai-responses", gate));
        gate.Release(1);
        await gateway.BeginAndLoseAsync("openai-responses", events: 1);
        for (var seen = 2; seen < events.Count; seen++)
        {
            gate.Release();
            await gateway.BeginAndLoseAsync("openai-responses", seen);
        }

        gate.Open();
        var answer = await gateway.AskAsync("openai-responses");

        Assert.Equal((Turns.TranscriptOf("openai-responses").Text, 1), (answer.Text, gateway.Upstream.RequestCount));
    }

    private static Gate ReleasedTo(int events)
    {
        var gate = new Gate();
        gate.Release(events);
        return gate;
    }

    private static async Task LoseAndFinishAsync(TestGateway gateway, string protocol)
    {
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated(protocol, gate), Answer.Ok());
        gate.Release();
        await gateway.BeginAndLoseAsync(protocol, events: 1);
        gate.Open();
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("client_aborted", "drained"), (record.End?.Word(), record.Turn?.Word()));
    }

    private static async Task AssertRecordsAsync(TestGateway gateway, bool saysUsage)
    {
        var one = await gateway.NextRecordAsync();
        var other = await gateway.NextRecordAsync();
        var (first, second) = one.RetryOf is null ? (one, other) : (other, one);
        Assert.Equal(("client_aborted", "completed"), (first.End?.Word(), second.End?.Word()));
        Assert.Equal((null, false, first.ExchangeId, true), (first.RetryOf, first.Reattached, second.RetryOf, second.Reattached));

        // One turn, one use: it stands where the upstream was asked.
        Assert.Equal(saysUsage, first.OutputTokens is not null);
        Assert.Null(second.OutputTokens);
        Assert.Equal((1, 0), (first.Attempts, second.Attempts));
    }
}
