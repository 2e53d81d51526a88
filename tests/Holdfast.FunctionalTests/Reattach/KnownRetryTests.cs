using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A retry that is known as one although the first client still looks connected: by its count of retries, or by
/// what is known of the client. The first client is let go, and nothing is asked upstream twice.</summary>
public sealed class KnownRetryTests
{
    private const string ClaudeCode = "user-agent: claude-cli/2.1.329 (external, sdk-cli)\r\nx-claude-code-session-id: one\r\n";
    private const string OpenCode = "user-agent: opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14\r\nx-session-id: one\r\n";

    [Fact]
    public async Task A_retry_that_is_counted_gets_the_turn_whose_client_has_no_headers_yet()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate));
        await using var first = await BeginAsync(gateway, "x-stainless-retry-count: 0\r\n");

        var asking = AskAsync(gateway, "x-stainless-retry-count: 1\r\n");
        Assert.Equal(ConnectionEnd.Reset, await first.WaitForEndAsync());
        gate.Open();
        var answer = await asking;

        Assert.Equal(("1", 1), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(Turns.TranscriptOf("anthropic").Text, answer.Text);
    }

    /// <summary>An SDK retries before headers only: this is another request.</summary>
    [Fact]
    public async Task A_retry_that_is_counted_leaves_a_client_alone_that_has_its_headers()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release();
        await using var first = await BeginAsync(gateway, "x-stainless-retry-count: 0\r\n");
        await first.ReadHeadAsync();

        var answer = await AskAsync(gateway, "x-stainless-retry-count: 1\r\n");
        gate.Open();

        Assert.Equal((null, 2), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(Turns.TranscriptOf("anthropic").Text, await first.ReadTextAsync());
    }

    /// <summary>One of several samples is retried, and drives another one out: that one is retried in its turn, and each
    /// has an answer of its own.</summary>
    [Fact]
    public async Task Samples_that_are_retried_each_get_an_answer_of_their_own()
    {
        const int samples = 5;
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Always(LostTurn.Gated("anthropic", gate));
        var first = new List<RawHttpClient>();
        for (var i = 1; i < samples; i++)
        {
            first.Add(await BeginAsync(gateway, "x-stainless-retry-count: 0\r\n"));
        }

        // The connection of the fifth was refused: nothing of it ever came.
        var answers = new List<Task<TurnAnswer>> { AskAsync(gateway, "x-stainless-retry-count: 1\r\n") };
        var drivenOut = await Task.WhenAny(first.Select(async client => (Client: client, End: await client.WaitForEndAsync()))).Unwrap();
        Assert.Equal(ConnectionEnd.Reset, drivenOut.End);
        first.Remove(drivenOut.Client);
        answers.Add(AskAsync(gateway, "x-stainless-retry-count: 0\r\n"));
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        gate.Open();

        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal(Turns.TranscriptOf("anthropic").Text, answer.Text));
        Assert.Equal(samples, gateway.Upstream.RequestCount);
    }

    /// <summary>Claude Code and opencode send the same bytes again, in the same session, once they have given up.</summary>
    [Theory]
    [InlineData(ClaudeCode, 1, true)]
    [InlineData(ClaudeCode, 4, false)]
    [InlineData(OpenCode, 1, true)]
    [InlineData(OpenCode, 4, true)]
    [InlineData("user-agent: claude-cli/2.1.329\r\n", 1, false)]
    [InlineData("user-agent: curl/8.0\r\nx-session-id: one\r\n", 1, false)]
    public async Task What_a_known_client_sends_again_is_the_same_turn_as_its_rule_says(string client, int events, bool isRepeat)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Always(LostTurn.Gated("anthropic", gate));
        gate.Release(events);
        await using var first = await BeginAsync(gateway, client);
        await first.ReadHeadAsync();
        await first.ReadEventsAsync(Turns.TranscriptOf("anthropic").Events.Take(events));

        var asking = AskAsync(gateway, client);
        await WhenToldAsync(gateway, first, isRepeat);
        gate.Open();
        var answer = await asking;

        Assert.Equal((isRepeat ? "1" : null, isRepeat ? 1 : 2), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(Turns.TranscriptOf("anthropic").Text, answer.Text);
    }

    [Theory]
    [InlineData("t1", "turn", true)]
    [InlineData("t2", "turn", false)]
    [InlineData("t1", "compaction", false)]
    public async Task Codexs_turn_is_told_by_its_id(string turn, string kind, bool isRepeat)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Always(LostTurn.Gated("openai-responses", gate));
        gate.Release(5);
        await using var first = await gateway.ConnectAsync();
        await first.BeginTurnAsync("openai-responses", Codex("t1", "turn"));
        await first.ReadEventsAsync(Turns.TranscriptOf("openai-responses").Events.Take(5));

        await using var second = await gateway.ConnectAsync();
        await second.SendTurnAsync("openai-responses", Codex(turn, kind));
        await WhenToldAsync(gateway, first, isRepeat);
        gate.Open();
        var head = await second.ReadHeadAsync();

        Assert.Equal((isRepeat ? "1" : null, isRepeat ? 1 : 2), (head.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>A client that closes its connection as soon as it has the last event has lost nothing.</summary>
    [Fact]
    public async Task A_client_that_closes_with_the_last_event_in_hand_has_its_answer()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        var events = Turns.TranscriptOf("openai-responses").Events;
        gateway.Upstream.Script(Answer.Sse(Turns.TranscriptOf("openai-responses")).GateAfter(events.Count, gate), Answer.Ok());
        await using (var client = await gateway.ConnectAsync())
        {
            await client.BeginTurnAsync("openai-responses", Codex("t1", "turn"));
            await client.ReadEventsAsync(events);
            await client.LoseAsync(gateway, Loss.Close);
        }

        gate.Open();
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("completed", null), (record.End?.Word(), record.Turn?.Word()));
    }

    /// <summary>A client that came back and closes as soon as it has the last event has lost nothing either.</summary>
    [Fact]
    public async Task A_client_that_came_back_and_closes_with_the_last_event_in_hand_has_its_answer()
    {
        await using var gateway = await LostTurn.StartAsync();
        var (gate, end) = (new Gate(), new Gate());
        var events = Turns.TranscriptOf("openai-responses").Events;
        gateway.Upstream.Script(LostTurn.Gated("openai-responses", gate).GateAfter(events.Count, end), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("openai-responses", events: 2, headers: Codex("t1", "turn"));
        await using (var client = await gateway.ConnectAsync())
        {
            await client.BeginTurnAsync("openai-responses", Codex("t1", "turn"));
            gate.Open();
            await client.ReadEventsAsync(events);
            client.Close();
        }

        end.Open();
        var records = new[] { await gateway.NextRecordAsync(), await gateway.NextRecordAsync() };

        Assert.Equal("completed", records.Single(record => record.Reattached).End?.Word());
        await gateway.WaitForTurnsAsync(0);
    }

    private static string Codex(string turn, string kind) =>
        "user-agent: codex_exec/0.169.0 (Debian 12.0.0; x86_64) unknown (codex_exec; 0.169.0)\r\nsession-id: one\r\n"
        + $$"""x-codex-turn-metadata: {"session_id":"one","turn_id":"{{turn}}","request_kind":"{{kind}}"}""" + "\r\n";

    // The second request has been judged: as a repeat it drove the first client out, as another turn it went upstream.
    private static async Task WhenToldAsync(TestGateway gateway, RawHttpClient first, bool isRepeat)
    {
        if (isRepeat)
        {
            await first.WaitForEndAsync();
        }
        else
        {
            await Wait.UntilAsync(() => gateway.Upstream.RequestCount == 2);
        }
    }

    private static async Task<RawHttpClient> BeginAsync(TestGateway gateway, string headers)
    {
        var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("anthropic", headers);
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        return client;
    }

    private static async Task<TurnAnswer> AskAsync(TestGateway gateway, string headers)
    {
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("anthropic", headers);
        var head = await client.ReadHeadAsync();
        return new TurnAnswer(head, await client.ReadTextAsync(), client.End);
    }
}
