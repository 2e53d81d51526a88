using Holdfast.Configuration;
using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Reattach;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>A record says where its tokens are from: from the answer, or counted where the answer did not come to say it.</summary>
public sealed class UsageStateTests
{
    /// <summary>Deltas that came before the stream broke: 101 characters each, an escaped one and two beyond ASCII among them.</summary>
    private const int Came = 2;

    /// <summary>A quarter of 202, rounded up.</summary>
    private const int Estimate = 51;

    private static readonly TranscriptShape Shape = new()
    {
        Model = "test", IncludeUsage = true, Deltas = [.. Enumerable.Repeat($"\"Über ✓ {new string('x', 93)}", 4)],
    };

    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task What_a_whole_stream_states_is_reported(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)));

        await gateway.AskAsync(protocol);

        Assert.Equal(("reported", 25, 20, 0), UsageOf(await gateway.NextRecordAsync()));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task What_a_stream_states_that_was_read_on_without_its_client_is_drained(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)).GateEvery(gate));
        gate.Release(EventsOf(protocol));
        await BeginAndLoseAsync(gateway, protocol);

        gate.Open();
        var first = await gateway.NextRecordAsync();
        await gateway.AskAsync(protocol);
        var second = await gateway.NextRecordAsync();

        Assert.Equal(("drained", ("drained", 25, 20, 0)), (first.Turn?.Word(), UsageOf(first)));

        // What it cost stands in the first one.
        Assert.Equal((true, (null, null, null, null)), (second.Reattached, UsageOf(second)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Of_a_turn_that_is_given_up_the_output_is_estimated(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)).SilentAfter(EventsOf(protocol)));
        await BeginAndLoseAsync(gateway, protocol);
        await time.WaitForTimerDueInAsync(LostTurn.Linger);

        time.Advance(LostTurn.Linger);
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("given_up", Estimated(protocol)), (record.Turn?.Word(), UsageOf(record)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Of_a_stream_whose_client_aborts_the_output_is_estimated(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync(configure: WithoutJournal);
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)).SilentAfter(EventsOf(protocol)));

        await BeginAndLoseAsync(gateway, protocol);
        var record = await gateway.NextRecordAsync();

        Assert.Equal((null, Estimated(protocol)), (record.Turn, UsageOf(record)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Of_a_stream_the_upstream_cuts_the_output_is_estimated(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)).ResetAfterEvent(EventsOf(protocol)));

        await gateway.AskAsync(protocol);
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("failed", Estimated(protocol)), (record.End?.Word(), UsageOf(record)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Of_a_stream_that_ends_with_an_error_the_output_is_estimated(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)).ErrorEventAfter(EventsOf(protocol)));

        await gateway.AskAsync(protocol);
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("upstream_error", Estimated(protocol)), (record.End?.Word(), UsageOf(record)));
    }

    /// <summary>Claude states its output in the end, but may state more of it before that than was seen.</summary>
    [Fact]
    public async Task What_was_stated_counts_where_it_is_more_than_what_came()
    {
        await using var gateway = await LostTurn.StartAsync();
        var transcript = Transcript.Parse(Turns.SimulatedProtocolOf("anthropic"), TranscriptOf("anthropic").Text
            .Replace("\"output_tokens\":20", "\"output_tokens\":900", StringComparison.Ordinal)
            .Replace("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "", StringComparison.Ordinal)
            .Replace("\"stop_reason\":\"end_turn\"", "\"stop_reason\":null", StringComparison.Ordinal));
        gateway.Upstream.Script(Answer.Sse(transcript));

        await gateway.AskAsync("anthropic");

        Assert.Equal(("estimated", 25, 900, 0), UsageOf(await gateway.NextRecordAsync()));
    }

    [Theory]
    [InlineData("anthropic", 0)]
    [InlineData("openai-chat", 0)]
    [InlineData("openai-responses", 1)]
    [InlineData("gemini", 0)]
    public async Task Where_nothing_was_stated_or_generated_nothing_is_known(string protocol, int events)
    {
        await using var gateway = await LostTurn.StartAsync();
        gateway.Upstream.Script(Answer.Sse(TranscriptOf(protocol)).ResetAfterEvent(events));

        await gateway.AskAsync(protocol);

        Assert.Equal((null, null, null, null), UsageOf(await gateway.NextRecordAsync()));
    }

    /// <summary>What the record says of the upstream is about the one that answered.</summary>
    [Fact]
    public async Task What_a_failed_attempt_stated_is_not_taken_for_the_answers()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Ok().CleanEndAfterEvent(1));
        chain.Second.Always(Answer.Sse(Turns.SimulatedProtocolOf("anthropic"), Turns.HealthyText("anthropic", stream: true)
            .Replace("put_tokens", "put_unknown", StringComparison.Ordinal)));

        await chain.AskAsync("anthropic");
        var record = await chain.NextRecordAsync();

        Assert.Equal((2, "completed", (null, null, null, null)), (record.Attempts, record.End?.Word(), UsageOf(record)));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task What_an_answer_states_that_is_not_streamed_is_reported(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        gateway.Upstream.Script(Answer.Json(Transcript.WholeOf(Turns.SimulatedProtocolOf(protocol), Shape)), Answer.Json("{}"));

        await gateway.AskAsync(protocol, stream: false);
        await gateway.AskAsync(protocol, stream: false);

        Assert.Equal(("reported", 25, 20, 0), UsageOf(await gateway.NextRecordAsync()));
        Assert.Equal((null, null, null, null), UsageOf(await gateway.NextRecordAsync()));
    }

    private static Transcript TranscriptOf(string protocol) => Transcript.Of(Turns.SimulatedProtocolOf(protocol), Shape);

    private static int EventsOf(string protocol) => Turns.HandshakeOf(protocol) + Came;

    /// <summary>Only Claude states its input at the start.</summary>
    private static (string?, long?, long?, long?) Estimated(string protocol) =>
        protocol == "anthropic" ? ("estimated", 25, Estimate, 0) : ("estimated", null, Estimate, null);

    private static (string? State, long? Input, long? Output, long? CacheRead) UsageOf(ExchangeRecord record) =>
        (record.UsageState?.Word(), record.InputTokens, record.OutputTokens, record.CacheReadTokens);

    private static void WithoutJournal(HoldfastOptions options) => options.Journal.Enabled = false;

    private static async Task BeginAndLoseAsync(TestGateway gateway, string protocol)
    {
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(TranscriptOf(protocol).Events.Take(EventsOf(protocol)));
        await client.LoseAsync(gateway);
    }
}
