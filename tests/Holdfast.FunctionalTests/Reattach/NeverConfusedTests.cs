using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>Nobody gets another's answer: not another principal's, not another session's, and not that of an equal request
/// sent beside it on purpose.</summary>
public sealed class NeverConfusedTests
{
    [Fact]
    public async Task Equal_requests_side_by_side_are_answered_each_for_itself()
    {
        const int samples = 20;
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Always(LostTurn.Gated("anthropic", gate));

        var asking = Enumerable.Range(0, samples).Select(_ => gateway.AskAsync("anthropic")).ToList();
        await gateway.WaitForOpenExchangesAsync(samples);
        gate.Open();
        var answers = await Task.WhenAll(asking);

        Assert.All(answers, answer => Assert.Equal((200, null), (answer.Status, answer.Header(LostTurn.Reattached))));
        Assert.Equal(samples, gateway.Upstream.RequestCount);
    }

    /// <summary>A lost turn is handed to one of them; the others are none of its business.</summary>
    [Fact]
    public async Task A_lost_turn_is_handed_out_once()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate));
        gateway.Upstream.Always(Answer.Ok());
        gate.Release();
        await gateway.BeginAndLoseAsync("anthropic", events: 1);
        gate.Open();
        await gateway.NextRecordAsync();

        var first = await gateway.AskAsync("anthropic");
        var second = await gateway.AskAsync("anthropic");

        Assert.Equal(("1", null, 2), (first.Header(LostTurn.Reattached), second.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    [Theory]
    [InlineData("x-api-key", "other")]
    [InlineData("authorization", "Bearer other")]
    [InlineData("x-session-id", "other")]
    [InlineData("holdfast-turn", "none")]
    public async Task Another_principal_or_session_is_answered_for_itself(string header, string value)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2, headers: "x-api-key: mine\r\nx-session-id: mine\r\n");
        var headers = new List<(string, string)> { ("x-api-key", "mine"), ("x-session-id", "mine") };
        headers.RemoveAll(own => own.Item1 == header || (header == "authorization" && own.Item1 == "x-api-key"));
        headers.Add((header, value));

        var answer = await gateway.AskAsync("anthropic", headers: [.. headers]);

        Assert.Equal((200, null, 2), (answer.Status, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>A client that has its answer and closes has lost nothing: whoever asks the same after it means it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_closes_with_its_answer_in_hand_leaves_nothing_behind(bool stream)
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate), Answer.Ok());
        var asking = gateway.AskAsync("anthropic", stream);
        await gateway.WaitForOpenExchangesAsync(1);
        time.Advance(TimeSpan.FromSeconds(8));
        gate.Open();
        await asking;

        var second = await gateway.AskAsync("anthropic", stream);

        Assert.Equal((null, 2), (second.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    [Fact]
    public async Task Another_upstream_by_name_is_another_turn()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2);

        var answer = await gateway.AskAsync("anthropic", headers: ("holdfast-upstream", "anthropic"));

        Assert.Null(answer.Header(LostTurn.Reattached));
    }

    /// <summary>Claude Code asks for fewer tokens without streaming; a larger limit in the same form is another question.</summary>
    [Fact]
    public async Task Another_limit_of_tokens_in_the_same_form_is_another_turn()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2);

        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");
        var head = await client.RepeatAsync(path, body.Replace("\"max_tokens\":64", "\"max_tokens\":128", StringComparison.Ordinal));

        Assert.Equal((200, null, 2), (head.Status, head.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>Some clients send a placeholder in one header, and who they are in another.</summary>
    [Fact]
    public async Task Every_credential_of_a_request_tells_who_asks()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2, headers: "x-api-key: placeholder\r\nauthorization: Bearer mine\r\n");

        var answer = await gateway.AskAsync(
            "anthropic", headers: [("x-api-key", "placeholder"), ("authorization", "Bearer other")]);

        Assert.Equal((200, null, 2), (answer.Status, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    [Fact]
    public async Task Another_question_is_another_turn()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2);

        var answer = await gateway.AskAsync("anthropic", model: "other");

        Assert.Equal((200, null, 2), (answer.Status, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>A key that differs says itself that this is another request.</summary>
    [Fact]
    public async Task Another_idempotency_key_is_another_turn()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2, headers: "idempotency-key: one\r\n");

        var answer = await gateway.AskAsync("anthropic", headers: ("idempotency-key", "two"));

        Assert.Equal((null, 2), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>The user moved on: what nobody waits for any more is not paid for.</summary>
    [Fact]
    public async Task A_new_request_of_the_session_ends_the_turn_that_waits()
    {
        await using var gateway = await LostTurn.StartAsync(new ManualTime());
        gateway.Upstream.Script(Answer.Sse(Turns.TranscriptOf("anthropic")).SilentAfter(3), Answer.Ok());
        await gateway.BeginAndLoseAsync("anthropic", events: 3, headers: "x-session-id: one\r\n");
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        await using var client = await gateway.ConnectAsync();
        await client.RequestAsync("POST", "/v1/messages",
            """{"model":"test","max_tokens":64,"messages":[{"role":"user","content":"something else"}]}""", ("x-session-id", "one"));

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
    }

    /// <summary>An agent's helpers ask side by side, and one cut loses them all: who comes back first is no sign that the
    /// user moved on.</summary>
    [Fact]
    public async Task Turns_of_one_session_that_were_lost_together_come_back_each_to_its_own()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Always(LostTurn.Gated("anthropic", gate));
        var questions = Enumerable.Range(0, 3).Select(i =>
            $$"""{"model":"test","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"question {{i}}"}]}""").ToList();
        var clients = new List<RawHttpClient>();
        foreach (var question in questions)
        {
            var client = await gateway.ConnectAsync();
            clients.Add(client);
            await client.SendAsync("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-session-id: one\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {question.Length}\r\n\r\n{question}");
            await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        }

        clients.ForEach(client => client.Reset());
        await gateway.WhenClientsAreGoneAsync();
        foreach (var question in questions)
        {
            await using var client = await gateway.ConnectAsync();
            await client.SendAsync("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-session-id: one\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {question.Length}\r\n\r\n{question}");
            gate.Open();
            var head = await client.ReadHeadAsync();
            Assert.Equal((200, "1"), (head.Status, head.Header(LostTurn.Reattached)));
            Assert.Equal(Turns.TranscriptOf("anthropic").Text, await client.ReadTextAsync());
        }

        Assert.Equal(3, gateway.Upstream.RequestCount);
        Assert.Equal(3, await gateway.MetricAsync("holdfast_reattachments_total"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_wants_no_turn_ends_with_its_client(bool stream)
    {
        await using var gateway = await LostTurn.StartAsync(new ManualTime());
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: stream);
        await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nholdfast-turn: none\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        client.Reset();

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        Assert.Equal(ExchangeEnd.ClientAborted, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>A route may say otherwise than everybody, either way.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_routes_own_journal_decides_for_its_turns(bool isOn)
    {
        await using var chain = await ChainGateway.StartAsync(time: new ManualTime(), configure: options =>
        {
            options.Journal = new() { Enabled = !isOn };
            foreach (var route in options.Routes)
            {
                route.Journal.Enabled = isOn;
            }
        });
        var gate = new Gate();
        chain.First.Script(LostTurn.Gated("anthropic", gate), Answer.Ok());
        gate.Release(Turns.HandshakeOf("anthropic") + 1);
        await using (var client = await chain.SendAsync())
        {
            await client.ReadHeadAsync();
            var request = await chain.First.NextRequestAsync().WithinTestTimeout();
            await client.LoseAsync(chain.Gateway);
            if (!isOn)
            {
                Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
                return;
            }
        }

        gate.Open();
        await using var again = await chain.SendAsync();
        var answer = await again.ReadAnswerAsync();

        Assert.Equal(("1", 1), (answer.Header(LostTurn.Reattached), chain.First.RequestCount));
    }

    [Fact]
    public async Task A_turn_larger_than_its_bound_streams_on_and_cannot_be_fetched_again()
    {
        await using var gateway = await LostTurn.StartAsync(configure: options => options.Journal.MaxTurnBytes = 64 * 1024);
        var stream = LongStream.Of(megabytes: 1);
        gateway.Upstream.Script(Answer.Sse(stream));

        var answer = await gateway.AskAsync("openai-chat");
        var record = await gateway.NextRecordAsync();

        Assert.Equal(stream.Text.Length, answer.Text.Length);
        Assert.Equal(("completed", "outgrown"), (record.End?.Word(), record.Turn?.Word()));
    }
}
