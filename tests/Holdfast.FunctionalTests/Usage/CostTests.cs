using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Reattach;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Usage;

/// <summary>A record says what the exchange cost: by the usage its answer stated and the price of the model that answered on
/// that day. What is not known stays unknown.</summary>
public sealed class CostTests
{
    private static readonly TranscriptShape Shape = new() { IncludeUsage = true, Thinking = ["First, ", "then."] };

    public static TheoryData<string> Protocols => Turns.Protocols;

    /// <summary>25 tokens in and 35 out, 10 of them reasoning where the protocol tells.</summary>
    [Theory]
    [InlineData("anthropic", "claude-opus-5-5", 0.0008, 0, "standard")]
    [InlineData("openai-chat", "gpt-6.2-sol", 0.0004, 10, null)]
    [InlineData("openai-responses", "gpt-6.2-sol", 0.0004, 10, "standard")]
    [InlineData("gemini", "gemini-4-argon", 0.0004, 10, null)]
    public async Task What_an_answer_states_is_recorded_and_priced(
        string protocol, string model, double cost, long reasoning, string? tier)
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        foreach (var stream in new[] { true, false })
        {
            var shape = Shape with { Model = model };
            gateway.Upstream.Script(stream
                ? Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf(protocol), shape))
                : Answer.Json(Transcript.WholeOf(Turns.SimulatedProtocolOf(protocol), shape)));

            await gateway.AskAsync(protocol, stream, model);
            var record = await gateway.NextRecordAsync();

            Assert.Equal(("reported", 25, 35), (record.UsageState?.Word(), record.InputTokens, record.OutputTokens));
            Assert.Equal((reasoning, 0, tier), (record.ReasoningTokens, record.ServerToolRequests, record.ServiceTier));
            Assert.Equal((cost, "priced"), (record.CostUsd, record.CostState?.Word()));
        }
    }

    public static TheoryData<string, string, string, ExchangeRecord> Stated => new()
    {
        {
            "anthropic", "claude-opus-5-5",
            """{"id":"m","type":"message","model":"claude-opus-5-5-20260922","content":[],"stop_reason":"end_turn","usage":{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":48000,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":700},"output_tokens":210,"output_tokens_details":{"thinking_tokens":120},"server_tool_use":{"web_search_requests":2,"web_fetch_requests":5},"service_tier":"standard","inference_geo":"us","speed":"fast"}}""",
            new()
            {
                InputTokens = 12, OutputTokens = 210, CacheReadTokens = 48_000, CacheWriteTokens = 900,
                CacheWrite1hTokens = 700, ReasoningTokens = 120, ServerToolRequests = 2, ServiceTier = "fast",
                CostUsd = 0.0649856,
            }
        },
        {
            "openai-chat", "gpt-5.4",
            """{"id":"c","object":"chat.completion","model":"gpt-5.4-2026-03-05","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":300000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":200000,"audio_tokens":5},"completion_tokens_details":{"reasoning_tokens":40,"accepted_prediction_tokens":9,"rejected_prediction_tokens":8}},"service_tier":"flex"}""",
            new()
            {
                InputTokens = 100_000, OutputTokens = 100, CacheReadTokens = 200_000, CacheWriteTokens = 0,
                CacheWrite1hTokens = 0, ReasoningTokens = 40, ServerToolRequests = 0, ServiceTier = "flex",
                CostUsd = 0.301125,
            }
        },
        {
            "openai-responses", "gpt-6.2-sol",
            """{"id":"r","object":"response","status":"completed","model":"gpt-6.2-sol","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]}],"service_tier":"priority","tool_usage":{"image_gen":{"num_requests":7},"web_search":{"num_requests":3}},"usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024,"cache_write_tokens":76},"output_tokens":80,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":1280}}""",
            new()
            {
                InputTokens = 100, OutputTokens = 80, CacheReadTokens = 1024, CacheWriteTokens = 76,
                CacheWrite1hTokens = 0, ReasoningTokens = 40, ServerToolRequests = 3, ServiceTier = "priority",
                CostUsd = 0.0325848,
            }
        },
        {
            "gemini", "gemini-2.5-pro",
            """{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1200,"cachedContentTokenCount":1000,"candidatesTokenCount":60,"thoughtsTokenCount":300,"toolUsePromptTokenCount":20,"totalTokenCount":1580},"modelVersion":"gemini-2.5-pro"}""",
            new()
            {
                InputTokens = 220, OutputTokens = 360, CacheReadTokens = 1000, CacheWriteTokens = 0,
                CacheWrite1hTokens = 0, ReasoningTokens = 300, ServerToolRequests = 0, ServiceTier = null,
                CostUsd = 0.004,
            }
        },
    };

    [Theory]
    [MemberData(nameof(Stated))]
    public async Task Every_part_of_the_usage_is_recorded_and_has_its_price(
        string protocol, string model, string answer, ExchangeRecord expected)
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        gateway.Upstream.Script(Answer.Json(answer));

        await gateway.AskAsync(protocol, stream: false, model);
        var record = await gateway.NextRecordAsync();

        expected.CostState = CostState.Priced;
        Assert.Equal(PartsOf(expected), PartsOf(record));
    }

    /// <summary>Chat states tier and usage in chunks of their own; Responses the tier asked for first, the one served last.</summary>
    [Theory]
    [InlineData("openai-chat", "gpt-5.4-mini",
        """data: {"id":"c","model":"gpt-5.4-mini","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"service_tier":"priority","usage":null}""" + "\n\n"
        + """data: {"id":"c","model":"gpt-5.4-mini","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":100}}""" + "\n\ndata: [DONE]\n\n")]
    [InlineData("openai-responses", "gpt-5.4-mini",
        "event: response.created\n" + """data: {"type":"response.created","sequence_number":0,"response":{"id":"r","model":"gpt-5.4-mini","service_tier":"auto","usage":null}}""" + "\n\n"
        + "event: response.output_text.delta\n" + """data: {"type":"response.output_text.delta","sequence_number":1,"delta":"a"}""" + "\n\n"
        + "event: response.completed\n" + """data: {"type":"response.completed","sequence_number":2,"response":{"id":"r","model":"gpt-5.4-mini","service_tier":"priority","usage":{"input_tokens":1000,"output_tokens":100}}}""" + "\n\n")]
    public async Task A_stream_may_state_its_tier_where_it_likes(string protocol, string model, string text)
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        gateway.Upstream.Script(Answer.Sse(Turns.SimulatedProtocolOf(protocol), text));

        await gateway.AskAsync(protocol, stream: true, model);
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("priority", 0.0024, "priced"), (record.ServiceTier, record.CostUsd, record.CostState?.Word()));
    }

    /// <summary>What was read at the start is paid, whatever becomes of the stream.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Of_a_broken_stream_the_cost_is_estimated(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        var transcript = Transcript.Of(Turns.SimulatedProtocolOf(protocol), Shape with
        {
            Model = "gpt-5.4-mini", Thinking = [], Deltas = [.. Enumerable.Repeat(new string('x', 400), 4)],
        });
        var handshake = transcript.Events.TakeWhile(e => e.Role != EventRole.Delta).Count();
        gateway.Upstream.Script(Answer.Sse(transcript).ResetAfterEvent(handshake + 2));

        await gateway.AskAsync(protocol, stream: true, "gpt-5.4-mini");
        var record = await gateway.NextRecordAsync();

        // 200 tokens out; only Claude's streams state their input, 25 tokens, at the start.
        Assert.Equal(("estimated", 200), (record.UsageState?.Word(), record.OutputTokens));
        Assert.Equal((protocol == "anthropic" ? 0.00091875 : 0.0009, "estimated"), (record.CostUsd, record.CostState?.Word()));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_model_nobody_knows_has_no_cost_which_is_not_none(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(
            Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf(protocol), Shape)),
            Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf(protocol), Shape))
                .ResetAfterEvent(Turns.HandshakeOf(protocol) + 1));

        foreach (var state in new[] { "reported", "estimated" })
        {
            await gateway.AskAsync(protocol);
            var record = await gateway.NextRecordAsync();

            Assert.Equal((state, null, "unknown_model"), (record.UsageState?.Word(), record.CostUsd, record.CostState?.Word()));
        }
    }

    [Fact]
    public async Task A_service_tier_nobody_knows_has_no_cost_either()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Json(
            """{"model":"gpt-5.4","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1},"service_tier":"ultrafast"}"""));

        await gateway.AskAsync("openai-chat", stream: false);
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("ultrafast", null, "unknown_model"), (record.ServiceTier, record.CostUsd, record.CostState?.Word()));
    }

    [Fact]
    public async Task Where_there_is_no_usage_there_is_no_cost()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Json("""{"model":"gpt-5.4"}"""), Answer.Error(400));

        for (var i = 0; i < 2; i++)
        {
            await gateway.AskAsync("openai-chat", stream: false, "gpt-5.4");
            var record = await gateway.NextRecordAsync();

            Assert.Equal((null, null, null), (record.UsageState, record.CostUsd, record.CostState));
        }
    }

    /// <summary>A refusal before any output is answered with nothing to pay, and that is known.</summary>
    [Fact]
    public async Task An_answer_that_states_no_tokens_costs_nothing()
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        gateway.Upstream.Script(Answer.Json(
            """{"id":"m","type":"message","model":"claude-opus-5-5","content":[],"stop_reason":"refusal","usage":{"input_tokens":0,"output_tokens":0}}"""));

        await gateway.AskAsync("anthropic", stream: false, "claude-opus-5-5");
        var record = await gateway.NextRecordAsync();

        Assert.Equal((0.0, "priced"), (record.CostUsd, record.CostState?.Word()));
    }

    /// <summary>The server may have fallen back to another model on its own.</summary>
    [Fact]
    public async Task The_model_that_answered_is_the_one_that_is_paid()
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        gateway.Upstream.Script(Answer.Json(
            """{"id":"m","type":"message","model":"claude-haiku-4-5-20251001","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1000,"output_tokens":1000}}"""));

        await gateway.AskAsync("anthropic", stream: false, "claude-opus-5-5");

        Assert.Equal(0.006, (await gateway.NextRecordAsync()).CostUsd);
    }

    [Theory]
    [InlineData("\"model\":\"\",")]
    [InlineData("")]
    public async Task Where_the_answer_names_none_it_is_the_model_that_was_asked_for(string model)
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20));
        gateway.Upstream.Script(Answer.Json(
            """{"id":"c",MODEL"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":0}}"""
                .Replace("MODEL", model, StringComparison.Ordinal)));

        await gateway.AskAsync("openai-chat", stream: false, "gpt-5.4-mini");

        Assert.Equal(0.00075, (await gateway.NextRecordAsync()).CostUsd);
    }

    [Fact]
    public async Task The_price_is_that_of_the_day_the_exchange_began()
    {
        var time = At(2026, 11, 30, 23);
        time.Advance(TimeSpan.FromSeconds(3599));
        await using var gateway = await TestGateway.StartAsync(time: time);
        var gate = new Gate();
        var shape = Shape with { Model = "gemini-4-argon" };
        var answer = Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf("gemini"), shape));
        gateway.Upstream.Script(answer.GateEvery(gate), answer);

        var first = gateway.AskAsync("gemini", stream: true, "gemini-4-argon");
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        time.Advance(TimeSpan.FromSeconds(2));
        gate.Open();
        await first;
        await gateway.AskAsync("gemini", stream: true, "gemini-4-argon");

        Assert.Equal(0.0004, (await gateway.NextRecordAsync()).CostUsd);
        Assert.Equal(0.0008, (await gateway.NextRecordAsync()).CostUsd);
    }

    [Fact]
    public async Task Prices_of_ones_own_win()
    {
        await using var gateway = await TestGateway.StartAsync(time: At(2026, 11, 20), configure: options => options.Prices =
        [
            new() { Model = "claude-opus-5-5", Input = 40, Output = 100 },
            new() { Model = "test", Input = 0, Output = 0 },
        ]);
        var shape = Shape with { Model = "claude-opus-5-5" };
        gateway.Upstream.Script(
            Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf("anthropic"), shape)),
            Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf("anthropic"), shape with { Model = "test" })));

        await gateway.AskAsync("anthropic");
        await gateway.AskAsync("anthropic");
        var (known, own) = (await gateway.NextRecordAsync(), await gateway.NextRecordAsync());

        Assert.Equal((0.0045, "priced"), (known.CostUsd, known.CostState?.Word()));
        Assert.Equal((0.0, "priced"), (own.CostUsd, own.CostState?.Word()));
    }

    /// <summary>What it cost stands in the exchange whose answer it got.</summary>
    [Fact]
    public async Task A_reattached_exchange_costs_nothing_of_its_own()
    {
        await using var gateway = await LostTurn.StartAsync(At(2026, 11, 20));
        var gate = new Gate();
        var transcript = Transcript.Of(Turns.SimulatedProtocolOf("anthropic"), Shape with { Model = "claude-opus-5-5" });
        gateway.Upstream.Script(Answer.Sse(transcript).GateEvery(gate));
        gate.Release(3);
        await using (var client = await gateway.ConnectAsync())
        {
            await client.BeginTurnAsync("anthropic");
            await client.ReadEventsAsync(transcript.Events.Take(3));
            await client.LoseAsync(gateway);
        }

        gate.Open();
        var first = await gateway.NextRecordAsync();
        await gateway.AskAsync("anthropic");
        var second = await gateway.NextRecordAsync();

        Assert.Equal(("drained", 0.0008, "priced"), (first.UsageState?.Word(), first.CostUsd, first.CostState?.Word()));
        Assert.Equal((true, null, null, null), (second.Reattached, second.UsageState, second.CostUsd, second.CostState));
    }

    /// <summary>What the record says of usage and cost is about the attempt that answered.</summary>
    [Fact]
    public async Task What_a_failed_attempt_stated_costs_nothing()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Sse(Turns.SimulatedProtocolOf("anthropic"), Turns.HealthyText("anthropic", stream: true, "claude-opus-5-5"))
            .CleanEndAfterEvent(1));
        chain.Second.Always(Answer.Sse(Turns.SimulatedProtocolOf("anthropic"), Turns.HealthyText("anthropic", stream: true)
            .Replace("put_tokens", "put_unknown", StringComparison.Ordinal)));

        await chain.AskAsync("anthropic");
        var record = await chain.NextRecordAsync();

        Assert.Equal((2, "completed"), (record.Attempts, record.End?.Word()));
        Assert.Equal(
            (null, null, null, null, null, null),
            (record.CacheWrite1hTokens, record.ReasoningTokens, record.ServerToolRequests, record.ServiceTier, record.CostUsd,
                record.CostState));
    }

    private static ManualTime At(int year, int month, int day, int hour = 12)
    {
        var time = new ManualTime();
        time.Advance(new DateTimeOffset(year, month, day, hour, 0, 0, TimeSpan.Zero) - time.GetUtcNow());
        return time;
    }

    private static object PartsOf(ExchangeRecord record) => new
    {
        record.InputTokens,
        record.OutputTokens,
        record.CacheReadTokens,
        record.CacheWriteTokens,
        record.CacheWrite1hTokens,
        record.ReasoningTokens,
        record.ServerToolRequests,
        record.ServiceTier,
        record.CostUsd,
        record.CostState,
    };
}
