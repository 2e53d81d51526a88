using Holdfast.Recording.Records;
using System.Text.Json;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>Where nobody answers, one error names everybody who was asked and why they did not; a single
/// candidate's own answer goes through as it is.</summary>
public sealed class AllFailedTests
{
    private static readonly TimeSpan UpstreamDelay = TimeSpan.FromHours(1);

    public static TheoryData<string> Protocols => Turns.Protocols;

    public static TheoryData<string, bool> ProtocolsAndForms
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                data.Add(protocol, true);
                data.Add(protocol, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndForms))]
    public async Task One_error_in_the_clients_protocol_lists_every_attempt_with_its_reason(string protocol, bool stream)
    {
        await using var chain = await ChainGateway.StartAsync(count: 3);
        chain.First.Always(Answer.Error(529).Header("connection", "close"));
        chain.Second.Always(Answer.Ok().ResetBeforeHeaders());
        chain.Third.Always(Answer.Error(500));

        var answer = await chain.AskAsync(protocol, stream);

        Assert.Equal((500, "all_candidates_failed"), (answer.Status, answer.Header("holdfast-error")));
        var error = TerminalError.OfBody(protocol, JsonSerializer.Deserialize<JsonElement>(answer.Text));
        Assert.Equal("all_candidates_failed", error.Code);
        Assert.Contains("All candidates failed (3): "
            + $"{ChainGateway.NameOf(protocol, 0)}: 529 (overloaded) | "
            + $"{ChainGateway.NameOf(protocol, 1)}: conn_reset_early (timeout) | "
            + $"{ChainGateway.NameOf(protocol, 2)}: 500 (server_error)", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 1, 1], chain.Ledger);
        var record = await chain.NextRecordAsync();
        Assert.Equal(("failed", 3, 500, "all_candidates_failed"), (record.End?.Word(), record.Attempts, record.Status, record.ErrorCode));
        Assert.Equal(["fallback", "fallback", "surface"], record.FailedAttempts!.Select(one => one.Action));
        Assert.Equal(["overloaded", "timeout", "server_error"], record.FailedAttempts!.Select(one => one.Reason));
    }

    /// <summary>The last attempt is the freshest news of whether it is worth asking again.</summary>
    [Theory]
    [InlineData(500, 503, 503)]
    [InlineData(503, 500, 500)]
    [InlineData(500, 529, 529)]
    [InlineData(529, 502, 502)]
    public async Task The_status_is_the_last_candidates(int first, int second, int wanted)
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(first));
        chain.Second.Always(Answer.Error(second));

        Assert.Equal(wanted, (await chain.AskAsync()).Status);
    }

    [Fact]
    public async Task A_last_candidate_that_was_lost_is_a_502()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(529));
        chain.Second.Always(Answer.Ok().ResetBeforeHeaders());

        Assert.Equal(502, (await chain.AskAsync()).Status);
    }

    /// <summary>What the last one says of the request itself is worth more to the client than that others failed.</summary>
    [Fact]
    public async Task A_last_candidates_refusal_of_the_request_goes_through_as_it_is()
    {
        const string Said = """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}""";
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(529));
        chain.Second.Always(Answer.Status(400, Said));

        var answer = await chain.AskAsync();

        Assert.Equal((400, Said), (answer.Status, answer.Text));
        Assert.Equal([1, 1], chain.Ledger);
    }

    /// <summary>The earliest time at which anybody may answer again.</summary>
    [Fact]
    public async Task The_error_says_when_the_first_limit_resets()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(429).Header("retry-after", "300"));
        chain.Second.Always(Answer.Error(429).Header("retry-after", "900"));

        var answer = await chain.AskAsync();

        Assert.Equal((429, "all_candidates_failed"), (answer.Status, answer.Header("holdfast-error")));
        Assert.InRange(int.Parse(answer.Header("retry-after")!, System.Globalization.CultureInfo.InvariantCulture), 270, 300);
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndForms))]
    public async Task A_single_candidates_own_answer_goes_through_byte_for_byte(string protocol, bool stream)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1, configure: options => options.Failover.Retries = 0);
        foreach (var (status, body) in ((int, string)[])
            [(529, """{"odd" : "body" }"""), (500, ""), (503, "plain words"), (429, "{\"error\":{\"code\":429,\n\"message\":\"x\"}}"), (401, "no"), (402, "pay")])
        {
            chain.First.Always(Answer.Status(status, body).Header("x-of-upstream", "kept").Header("retry-after", "700"));

            var answer = await chain.AskAsync(protocol, stream);

            Assert.Equal((status, body, "kept", "700"),
                (answer.Status, answer.Text, answer.Header("x-of-upstream"), answer.Header("retry-after")));
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task In_a_stream_that_was_opened_early_everybodys_failure_is_one_terminal_error(string protocol)
    {
        var upstreamTime = new ManualTime();
        await using var chain = await ChainGateway.StartAsync(
            configure: options => options.Streaming.OpenEarlyAfter = TimeSpan.FromMilliseconds(20),
            simulator: new SimulatorOptions { OtherModels = "sim", TimeProvider = upstreamTime });
        chain.First.Always(Answer.Error(529).DelayHeaders(UpstreamDelay));
        chain.Second.Always(Answer.Ok().ResetBeforeHeaders());
        await using var client = await chain.SendAsync(protocol);
        var head = await client.ReadHeadAsync();
        await upstreamTime.WaitForTimerDueInAsync(UpstreamDelay);
        upstreamTime.Advance(UpstreamDelay);

        var stream = SseTranscript.Parse(await client.ReadTextAsync());

        Assert.Equal((200, "early"), (head.Status, head.Header("holdfast-opened")));
        var tail = stream.Events.Where(e => e.Type is not ("ping" or "response.created")).ToList();
        var error = TerminalError.OfStream(protocol, tail);
        Assert.Equal("all_candidates_failed", error.Code);
        Assert.Contains("529 (overloaded)", error.Message, StringComparison.Ordinal);
        Assert.Contains("conn_reset_early (timeout)", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 1], chain.Ledger);
    }

    /// <summary>What the runtime says about sockets is for the record.</summary>
    [Fact]
    public async Task The_error_holds_nobodys_raw_text()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Ok().ResetBeforeHeaders());
        chain.Second.Always(Answer.Status(500, """{"error":{"message":"key sk-secret was used by \"terminated\""}}"""));

        var answer = await chain.AskAsync();

        foreach (var raw in (string[])["sk-secret", "terminated", "reset by peer", "ECONNRESET", "127.0.0.1", "System."])
        {
            Assert.DoesNotContain(raw, answer.Text, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains("reset by peer", (await chain.NextRecordAsync()).FailedAttempts![0].RawError, StringComparison.OrdinalIgnoreCase);
    }
}
