using Holdfast.Clients;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A lost answer is handed only to a request that says the same of who asks and of what is asked; what clients are
/// known to change when they ask again does not stand in its way.</summary>
public sealed class VeryCallerTests
{
    /// <summary>What tells callers from one address apart, and what changes the answer they must get.</summary>
    private static readonly string[] Telling =
    [
        "authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "x-auth-token", "anthropic-api-key", "openai-api-key",
        "proxy-authorization", "openai-organization", "openai-project", "chatgpt-account-id", "x-goog-user-project",
        "cf-access-client-id", "cf-access-client-secret", "cf-aig-authorization", "helicone-auth", "x-litellm-api-key",
        "x-amz-security-token", "x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "anthropic-beta",
        "anthropic-version", "openai-beta", "user-agent", "accept-encoding", "accept-language", "x-session-id", "thread-id",
        "x-nobody-knows-this",
    ];

    public static MatrixTheoryData<string, bool> Forms => new(SampleRequests.Protocols, [true, false]);

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Callers_who_differ_in_one_header_never_get_each_others_turn(string protocol, bool stream)
    {
        await using var gateway = await LostTurn.StartAsync();
        var turn = SampleRequests.Turn(protocol, stream: stream);
        foreach (var header in Telling)
        {
            var gate = new Gate();
            gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate), Answer.Ok(), Answer.Ok());
            await LoseAsync(gateway, turn, $"{header}: one\r\n");
            gate.Open();

            var other = await AskAsync(gateway, turn, $"{header}: two\r\n");
            var nobody = await AskAsync(gateway, turn, "");
            var owner = await AskAsync(gateway, turn, $"{header.ToUpperInvariant()}: one\r\n");

            Assert.Equal((header, null, null, "1"), (header, other, nobody, owner));
            await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
            await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        }

        Assert.Equal(3 * Telling.Length, gateway.Upstream.RequestCount);
    }

    [Theory]
    [InlineData("anthropic", true)]
    [InlineData("openai-responses", false)]
    public async Task A_client_that_changes_what_says_nothing_of_it_gets_its_answer(string protocol, bool stream)
    {
        await using var gateway = await LostTurn.StartAsync();
        var turn = SampleRequests.Turn(protocol, stream: stream);
        foreach (var header in UncountedHeaders.All.Select(header => header.Name))
        {
            var (first, second) = SendingsOf(header);
            var gate = new Gate();
            gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate));
            await LoseAsync(gateway, turn, first);
            gate.Open();

            var answer = await AskAsync(gateway, turn, second);

            Assert.Equal((header, "1"), (header, answer));
        }

        Assert.Equal(UncountedHeaders.All.Count, gateway.Upstream.RequestCount);
    }

    /// <summary>All of it at once, as Claude Code's fallback and an SDK's second try do.</summary>
    [Fact]
    public async Task Whatever_changes_beside_the_form_of_the_answer_it_is_the_same_turn()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate));
        const string same = "authorization: Bearer mine\r\nanthropic-beta: one,two\r\nuser-agent: SDK/1\r\n";
        await LoseAsync(gateway, SampleRequests.Turn("anthropic"),
            same + "accept: text/event-stream\r\nx-stainless-timeout: 600\r\nx-stainless-helper-method: stream\r\ntraceparent: one\r\n");

        gate.Open();
        var answer = await AskAsync(gateway, SampleRequests.Turn("anthropic", stream: false),
            same + "accept: application/json\r\nx-stainless-timeout: 300\r\nx-stainless-retry-count: 1\r\ntraceparent: two\r\n");

        Assert.Equal(("1", 1), (answer, gateway.Upstream.RequestCount));
    }

    /// <summary>Session, thread, turn and kind of Codex's metadata stay the same; the rest is found out beside the turn.</summary>
    [Theory]
    [InlineData("""{"workspaces":{"/w":{"has_changes":true}},"turn_id":"t","session_id":"s"}""", true)]
    [InlineData("""{"turn_id":"other","session_id":"s"}""", false)]
    [InlineData("""{"turn_id":"t","session_id":"other"}""", false)]
    [InlineData("""{"turn_id":"t","session_id":"s","request_kind":"compaction"}""", false)]
    [InlineData("""{"turn_id":"other","turn_id":"t","session_id":"s"}""", false)]
    [InlineData("nonsense", false)]
    public async Task Codexs_metadata_counts_for_what_it_keeps(string metadata, bool isSame)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate), Answer.Ok());
        await LoseAsync(gateway, SampleRequests.Turn("openai-responses"),
            """x-codex-turn-metadata: {"turn_id":"t","session_id":"s"}""" + "\r\n");

        gate.Open();
        var answer = await AskAsync(gateway, SampleRequests.Turn("openai-responses"), $"x-codex-turn-metadata: {metadata}\r\n");

        Assert.Equal(isSame ? "1" : null, answer);
    }

    /// <summary>A key may stand in the query, and a name before the path.</summary>
    [Theory]
    [InlineData("/v1beta/models/test:streamGenerateContent?alt=sse&key=two")]
    [InlineData("/v1beta/models/test:streamGenerateContent?alt=sse&k%65y=one")]
    [InlineData("/v1beta/models/test:streamGenerateContent?alt=sse")]
    [InlineData("/team/v1beta/models/test:streamGenerateContent?alt=sse&key=one")]
    public async Task Another_target_is_another_turn(string target)
    {
        const string mine = "/v1beta/models/test:streamGenerateContent?alt=sse&key=one";
        await using var gateway = await LostTurn.StartAsync();
        var body = SampleRequests.Turn("gemini").Body;
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate), Answer.Ok());
        await LoseAsync(gateway, (mine, body), "");
        gate.Open();

        var other = await AskAsync(gateway, (target, body), "");
        var owner = await AskAsync(gateway, (mine, body), "");

        Assert.Equal((null, "1"), (other, owner));
    }

    /// <summary>Which of two members counts is the upstream's secret: their order, and whatever else clients may change, is then
    /// a part of the question.</summary>
    [Theory]
    [InlineData("""{"model":"test","max_tokens":9,"seed":1,"seed":2,"messages":[]}""", """{"model":"test","max_tokens":9,"seed":2,"seed":1,"messages":[]}""")]
    [InlineData("""{"model":"test","max_tokens":9,"seed":1,"s\u0065ed":2,"messages":[]}""", """{"model":"test","max_tokens":9,"s\u0065ed":2,"seed":1,"messages":[]}""")]
    [InlineData("""{"model":"test","max_tokens":8,"max_tokens":9,"messages":[]}""", """{"model":"test","max_tokens":9,"max_tokens":8,"messages":[]}""")]
    [InlineData("""{"model":"test","max_tokens":9,"messages":[{"role":"user","content":"a","content":"b"}]}""", """{"max_tokens":9,"model":"test","messages":[{"role":"user","content":"a","content":"b"}]}""")]
    [InlineData("""{"model":"test","max_tokens":9,"messages":[{"role":"user","content":"a","c\u006fntent":"b"}]}""", """{"max_tokens":9,"model":"test","messages":[{"role":"user","content":"a","c\u006fntent":"b"}]}""")]
    [InlineData("""{"model":"test","max_tokens":9,"messages":[],"client_metadata":{"a":1,"a":2}}""", """{"model":"test","max_tokens":9,"messages":[],"client_metadata":{"a":2,"a":1}}""")]
    public async Task A_body_with_a_member_twice_equals_only_itself(string first, string second)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate), Answer.Ok());
        await LoseAsync(gateway, ("/v1/messages", first), "");
        gate.Open();

        var other = await AskAsync(gateway, ("/v1/messages", second), "");
        var owner = await AskAsync(gateway, ("/v1/messages", first), "");

        Assert.Equal((null, "1"), (other, owner));
    }

    /// <summary>Codex fails on an answer it did not ask to be compressed.</summary>
    [Fact]
    public async Task A_compressed_answer_waits_for_a_client_that_asked_for_it()
    {
        await using var gateway = await LostTurn.StartAsync();
        var turn = SampleRequests.Turn("openai-responses", stream: false);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().Gzip().GateAfter(0, gate), Answer.Ok());
        await LoseAsync(gateway, turn, "accept-encoding: zstd,gzip\r\n");
        gate.Open();

        var plain = await HeadAsync(gateway, turn, "");
        var compressed = await HeadAsync(gateway, turn, "accept-encoding: zstd,gzip\r\n");

        Assert.Equal((null, null), (plain.Header(LostTurn.Reattached), plain.Header("content-encoding")));
        Assert.Equal(("1", "gzip"), (compressed.Header(LostTurn.Reattached), compressed.Header("content-encoding")));
    }

    /// <summary>Whatever header bears its key.</summary>
    [Fact]
    public async Task A_new_request_of_another_principal_ends_no_turn_of_a_session_that_is_named_alike()
    {
        await using var gateway = await LostTurn.StartAsync();
        var turn = SampleRequests.Turn("anthropic");
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(0, gate), Answer.Ok());
        await LoseAsync(gateway, turn, "x-session-id: one\r\napi-key: mine\r\n");

        await AskAsync(gateway, ("/v1/messages", """{"model":"test","max_tokens":64,"messages":[]}"""),
            "x-session-id: one\r\napi-key: another\r\n");
        gate.Open();

        Assert.Equal("1", await AskAsync(gateway, turn, "x-session-id: one\r\napi-key: mine\r\n"));
    }

    /// <summary>A header in the first sending of a turn, and in the second.</summary>
    private static (string First, string Second) SendingsOf(string header) => header switch
    {
        "x-codex-turn-metadata" => (
            """x-codex-turn-metadata: {"turn_id":"t"}""" + "\r\n",
            """x-codex-turn-metadata: {"workspaces":{},"turn_id":"t"}""" + "\r\n"),
        "x-codex-turn-state" or "x-stainless-helper-method" => ("", $"{header}: two\r\n"),
        "x-stainless-retry-count" or "x-stainless-timeout" => ($"{header}: 0\r\n", $"{header}: 300\r\n"),
        "connection" => ("connection: keep-alive\r\n", "connection: close\r\n"),
        "expect" => ("", "expect: 100-continue\r\n"),
        "transfer-encoding" => ("", "transfer-encoding: chunked\r\n"),
        "content-length" => ("transfer-encoding: chunked\r\n", ""),
        _ => ($"{header}: one\r\n", $"{header}: two\r\n"),
    };

    private static async Task LoseAsync(TestGateway gateway, (string Path, string Body) turn, string headers)
    {
        await using var client = await gateway.ConnectAsync();
        await client.SendAsync(RequestOf(turn, headers));
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        await client.LoseAsync(gateway);
        await gateway.WaitForTurnsAsync(1);
    }

    private static async Task<string?> AskAsync(TestGateway gateway, (string Path, string Body) turn, string headers) =>
        (await HeadAsync(gateway, turn, headers)).Header(LostTurn.Reattached);

    private static async Task<RawAnswer> HeadAsync(TestGateway gateway, (string Path, string Body) turn, string headers)
    {
        await using var client = await gateway.ConnectAsync();
        await client.SendAsync(RequestOf(turn, headers));
        var head = await client.ReadHeadAsync();
        await client.ReadToEndAsync();
        Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, client.End));
        return head;
    }

    private static string RequestOf((string Path, string Body) turn, string headers) =>
        $"POST {turn.Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}"
        + (headers.StartsWith("transfer-encoding", StringComparison.Ordinal)
            ? $"\r\n{turn.Body.Length:x}\r\n{turn.Body}\r\n0\r\n\r\n"
            : $"Content-Length: {turn.Body.Length}\r\n\r\n{turn.Body}");
}
