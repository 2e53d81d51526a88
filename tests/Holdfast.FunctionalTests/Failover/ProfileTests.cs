using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>A failure that could not be absorbed is told so that the client's own retries help, by what was measured of that
/// client; a client that nobody has measured hears it exactly as the upstream told it.</summary>
public sealed class ProfileTests
{
    private const string Overloaded = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded, says the upstream"},"request_id":"req_1"}""";
    private const string TooLong = """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}""";
    private static readonly (string, string) ClaudeCode = ("User-Agent", "claude-cli/2.1.329 (external, cli)");
    private static readonly (string, string) Codex = ("User-Agent", "codex_exec/0.169.0 (Linux 6.1; x86_64)");
    private static readonly (string, string) Nobody = ("User-Agent", "my-program/1.0");

    /// <summary>529 would end its run in 1.7 s.</summary>
    [Theory]
    [InlineData(529)]
    [InlineData(503)]
    [InlineData(500)]
    public async Task Claude_Code_is_told_of_overload_as_503_api_error_with_the_upstreams_words(int status)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Status(status, Overloaded));

        var answer = await chain.AskAsync(headers: ClaudeCode);

        var error = JsonSerializer.Deserialize<JsonElement>(answer.Text).GetProperty("error");
        Assert.Equal((503, "api_error", "Overloaded, says the upstream"),
            (answer.Status, error.GetProperty("type").GetString(), error.GetProperty("message").GetString()));
        Assert.Equal(status == 503 ? null : $"{status}", answer.Header("holdfast-upstream-status"));
        Assert.Contains("\"request_id\":\"req_1\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal(status, (await chain.NextRecordAsync()).UpstreamStatus);
    }

    /// <summary>Beyond 60 s it would give up at once.</summary>
    [Fact]
    public async Task Claude_Code_is_never_told_to_wait_longer_for_capacity_than_it_would()
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Status(529, Overloaded).Header("retry-after", "300"));

        var answer = await chain.AskAsync(headers: ClaudeCode);

        Assert.Equal((503, "60"), (answer.Status, answer.Header("retry-after")));
    }

    /// <summary>An overloaded provider behind a page is as final to it.</summary>
    [Fact]
    public async Task Claude_Code_is_not_told_529_because_the_upstream_answered_with_a_page()
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Html(529));

        var answer = await chain.AskAsync(headers: ClaudeCode);

        Assert.Equal((503, "529", "upstream_html"),
            (answer.Status, answer.Header("holdfast-upstream-status"), answer.Header("holdfast-error")));
    }

    [Fact]
    public async Task Claude_Code_is_told_503_as_well_where_all_candidates_were_overloaded()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(500));
        chain.Second.Always(Answer.Error(529));

        var answer = await chain.AskAsync(headers: ClaudeCode);

        Assert.Equal((503, "529", "all_candidates_failed"),
            (answer.Status, answer.Header("holdfast-upstream-status"), answer.Header("holdfast-error")));
        Assert.DoesNotContain("overloaded_error", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>To any 400 and 422 it answers by taking its features out, six requests in a row.</summary>
    [Theory]
    [InlineData(400, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", 503)]
    [InlineData(422, """{"type":"error","error":{"type":"rate_limit_error","message":"Too many requests, try again later"}}""", 429)]
    [InlineData(422, """{"type":"error","error":{"type":"timeout_error","message":"upstream request timeout"}}""", 503)]
    public async Task Nothing_that_passes_is_told_to_Claude_Code_as_wrong(int status, string body, int told)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Status(status, body));

        var answer = await chain.AskAsync(headers: ClaudeCode);

        Assert.Equal((told, $"{status}"), (answer.Status, answer.Header("holdfast-upstream-status")));
        Assert.DoesNotContain("overloaded_error", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>Codex fails at once on a 429 that does not say when to come back.</summary>
    [Fact]
    public async Task Codex_is_always_told_when_to_come_back()
    {
        await using var chain = await ChainGateway.StartAsync(count: 1, configure: options => options.Failover.Retries = 0);
        chain.First.Script(Answer.Error(429), Answer.Error(429).Header("retry-after", "70"));

        var unsaid = await chain.AskAsync("openai-responses", headers: Codex);
        var said = await chain.AskAsync("openai-responses", headers: Codex);

        Assert.Equal((429, "5"), (unsaid.Status, unsaid.Header("retry-after")));
        Assert.Equal((429, "70"), (said.Status, said.Header("retry-after")));
        Assert.Contains("rate_limit_exceeded", unsaid.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Codex_is_told_when_to_come_back_also_where_all_candidates_were_limited()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Error(500));
        chain.Second.Always(Answer.Error(429));

        var answer = await chain.AskAsync("openai-responses", headers: Codex);

        Assert.Equal((429, "5"), (answer.Status, answer.Header("retry-after")));
    }

    [Fact]
    public async Task Codex_is_told_when_to_come_back_also_by_a_page()
    {
        await using var chain = await ChainGateway.StartAsync(count: 1, configure: options => options.Failover.Retries = 0);
        chain.First.Always(Answer.Html(429));

        var answer = await chain.AskAsync("openai-responses", headers: Codex);

        Assert.Equal((429, "5"), (answer.Status, answer.Header("retry-after")));
    }

    /// <summary>That code makes it give up after 5 s.</summary>
    [Fact]
    public async Task Codex_is_not_told_server_is_overloaded()
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Error(503));

        var answer = await chain.AskAsync("openai-responses", headers: Codex);

        var error = JsonSerializer.Deserialize<JsonElement>(answer.Text).GetProperty("error");
        Assert.Equal((503, "server_error"), (answer.Status, error.GetProperty("code").GetString()));
        Assert.Equal("Our servers are currently overloaded. Please try again later.", error.GetProperty("message").GetString());
    }

    /// <summary>An overload told inside a stream would end Codex's turn at once; other clients get what the upstream said.</summary>
    [Theory]
    [InlineData(true, "server_is_overloaded", "server_error", "repaired")]
    [InlineData(true, "slow_down", "server_error", "repaired")]
    [InlineData(true, "insufficient_quota", "insufficient_quota", "exact")]
    [InlineData(false, "server_is_overloaded", "server_is_overloaded", "exact")]
    public async Task Codex_is_told_in_a_stream_that_an_overload_passes(bool isCodex, string code, string told, string fidelity)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        var failed = "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":9,\"response\":{\"id\":\"r\","
            + $"\"status\":\"failed\",\"error\":{{\"code\":\"{code}\",\"message\":\"m\"}}}}}}\n\n";
        chain.First.Always(Answer.Ok().ErrorEventAfter(5, failed));

        var answer = await chain.AskAsync("openai-responses", headers: isCodex ? Codex : ("User-Agent", "curl/8.0"));
        var record = await chain.NextRecordAsync();

        Assert.EndsWith(failed.Replace(code, told, StringComparison.Ordinal), answer.Text, StringComparison.Ordinal);
        Assert.Equal(("upstream_error", code, fidelity), (record.End?.Word(), record.Error, record.Fidelity?.Word()));
    }

    /// <summary>opencode goes by the words of an error: without these it takes a lost stream for final.</summary>
    [Theory]
    [MemberData(nameof(Turns.Protocols), MemberType = typeof(Turns))]
    public async Task Opencode_is_told_in_its_words_that_a_stream_was_lost(string protocol)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Answer.Ok().ResetAfterEvent(Turns.HandshakeOf(protocol) + 2));

        var told = await chain.AskAsync(protocol, headers: ("User-Agent", "opencode/1.18.33 ai-sdk/provider-utils/4.0.46"));
        var others = await chain.AskAsync(protocol);

        Assert.Contains("Connection lost: Connection to upstream server lost", told.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Connection lost:", others.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unknown_clients_and_verbatim_errors_get_the_upstreams_answer(bool isVerbatim)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1, configure: options =>
        {
            options.Failover.Retries = 0;
            options.Errors = isVerbatim ? "verbatim" : options.Errors;
        });
        foreach (var (protocol, known) in new[] { ("anthropic", ClaudeCode), ("openai-responses", Codex) })
        {
            foreach (var (status, body) in new[] { (529, Overloaded), (503, """{"error":{"code":"server_is_overloaded"}}"""), (429, "{}"), (400, Overloaded) })
            {
                chain.First.Always(Answer.Status(status, body));

                var answer = await chain.AskAsync(protocol, headers: isVerbatim ? known : Nobody);

                Assert.Equal((status, body, null, null, "exact"), (answer.Status, answer.Text, answer.Header("retry-after"),
                    answer.Header("holdfast-upstream-status"), answer.Header("holdfast-fidelity")));
            }
        }
    }

    /// <summary>Claude Code parses the numbers.</summary>
    [Fact]
    public async Task Everybody_is_told_literally_that_the_prompt_is_too_long()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Status(400, TooLong));
        foreach (var client in new[] { ClaudeCode, Codex, Nobody })
        {
            foreach (var stream in (bool[])[true, false])
            {
                var answer = await chain.AskAsync(stream: stream, headers: client);

                Assert.Equal((400, TooLong), (answer.Status, answer.Text));
            }
        }

        Assert.Equal([6, 0], chain.Ledger);
    }

    /// <summary>Both SDKs obey it, and Claude Code.</summary>
    [Fact]
    public async Task Our_own_refusals_say_that_repeating_is_no_use()
    {
        await using var chain = await ChainGateway.StartAsync();

        var unknown = await chain.AskAsync(headers: ("holdfast-upstream", "nobody"));
        var broken = await chain.PostAsync("/nothing-of-the-kind", "{}");

        Assert.Equal("false", unknown.Header("x-should-retry"));
        Assert.Equal("false", broken.Header("x-should-retry"));
        Assert.Equal([0, 0], chain.Ledger);
    }
}
