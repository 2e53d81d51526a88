using System.Text;
using System.Text.Json;
using Holdfast.FunctionalTests.Failover;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>Claude Code and Codex come back with what was whole of a lost answer, and ask to go on. Claude Code gets the rest
/// out of the journal; where that cannot be, the request is linked to the one it goes on with.</summary>
public sealed class ResumedTurnTests
{
    private const string ClaudeCode = "claude-cli/2.1.329 (external, sdk-cli)";
    private const string Question = """{"role":"user","content":[{"type":"text","text":"read it","cache_control":{"type":"ephemeral"}}]}""";
    private const string QuestionAgain = """{"role":"user","content":"read it"}""";
    private const string GoOn = """{"role":"user","content":[{"type":"text","text":"Your response above was cut off mid-stream.","cache_control":{"type":"ephemeral"}}]}""";

    private static readonly Transcript TextAndTool = Transcript.Of(SimulatedProtocol.Anthropic, new TranscriptShape { ToolCall = true });
    private static readonly string Text = string.Concat(new TranscriptShape().Deltas);
    private static readonly int FirstBlockEnd =
        TextAndTool.Events.ToList().FindIndex(e => TextOf(e).Contains("content_block_stop", StringComparison.Ordinal));

    /// <summary>Whenever behind the whole block it was lost.</summary>
    [Fact]
    public async Task Whoever_has_the_first_blocks_gets_the_others()
    {
        for (var events = FirstBlockEnd + 1; events < TextAndTool.Events.Count; events++)
        {
            await using var gateway = await LostTurn.StartAsync();
            var gate = await BeginAndLoseAsync(gateway, events);

            var asking = AskAsync(gateway, Rest(TextBlock(Text)));
            await gateway.WaitForOpenExchangesAsync(2);
            gate.Open();
            var answer = await asking;

            Assert.Equal((200, BodyEnd.CleanEnd, "1", 1),
                (answer.Status, answer.End, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
            Assert.Equal(RestOfTranscript(), answer.Text);
            var (lost, resumed) = await RecordsAsync(gateway);
            Assert.Equal(("drained", true, lost.ExchangeId, "completed"), (lost.Turn?.Word(), resumed.Reattached, resumed.RetryOf, resumed.End?.Word()));
            Assert.Equal((null, 0), (resumed.OutputTokens, resumed.Attempts));
        }
    }

    [Fact]
    public async Task An_answer_that_became_whole_meanwhile_is_gone_on_with_at_once()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = await BeginAndLoseAsync(gateway, FirstBlockEnd + 1);
        gate.Open();
        await gateway.NextRecordAsync();

        var answer = await AskAsync(gateway, Rest(TextBlock(Text)));

        Assert.Equal((RestOfTranscript(), 1), (answer.Text, gateway.Upstream.RequestCount));
    }

    [Theory]
    [InlineData("another text", "x-claude-code-session-id: one", true)]
    [InlineData(null, "x-claude-code-session-id: two", false)]
    [InlineData(null, "x-claude-code-session-id: one\r\nx-api-key: other", false)]
    public async Task Other_blocks_and_others_blocks_are_generated_anew(string? given, string headers, bool isLinked)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = await BeginAndLoseAsync(gateway, FirstBlockEnd + 1);
        gateway.Upstream.Script(Answer.Ok());
        gate.Open();
        var lost = await gateway.NextRecordAsync();

        var answer = await AskAsync(gateway, Rest(TextBlock(given ?? Text)), headers);
        var record = await gateway.NextRecordAsync();

        Assert.Equal((200, null, 2), (answer.Status, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(isLinked ? lost.ExchangeId : null, record.RetryOf);
    }

    [Fact]
    public async Task Where_the_setting_says_no_it_is_generated_anew_and_the_lost_turn_ends()
    {
        await using var gateway = await LostTurn.StartAsync(configure: options => options.Journal.Resume = false);
        await BeginAndLoseAsync(gateway, FirstBlockEnd + 1);
        gateway.Upstream.Script(Answer.Ok());

        var answer = await AskAsync(gateway, Rest(TextBlock(Text)));
        var (lost, resumed) = await RecordsAsync(gateway);

        Assert.Equal((null, 2), (answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(("given_up", lost.ExchangeId, false), (lost.Turn?.Word(), resumed.RetryOf, resumed.Reattached));
    }

    /// <summary>The upstream failed behind a whole block, and whoever goes on asks the next candidate first.</summary>
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-responses")]
    public async Task Behind_a_failure_whoever_goes_on_asks_the_next_candidate_first(string protocol)
    {
        await using var chain = await ChainGateway.StartAsync(configure: options => options.Journal = new());
        chain.First.Always(Answer.Ok().ResetAfterEvent(Turns.HandshakeOf(protocol) + 2));
        chain.Second.Always(Turns.Healthy);
        var (headers, first, second) = protocol == "anthropic"
            ? ($"User-Agent: {ClaudeCode}\r\nx-claude-code-session-id: one", BodyOf(Question), Rest(TextBlock("some text")))
            : ("User-Agent: codex_exec/0.169.0\r\nsession-id: one", CodexBody(""), CodexBody(
                """,{"type":"message","role":"assistant","content":[{"type":"output_text","text":"some text"}]}"""));

        await SendAsync(chain.Gateway, protocol, first, headers);
        var failed = await chain.NextRecordAsync();
        var answer = await SendAsync(chain.Gateway, protocol, second, headers);
        var record = await chain.NextRecordAsync();

        Assert.Equal(Turns.HealthyText(protocol, stream: true), answer.Text);
        Assert.Equal(("completed", failed.ExchangeId, ChainGateway.NameOf(protocol, 1)), (record.End?.Word(), record.RetryOf, record.Upstream));
        Assert.Equal([1, 1], chain.Ledger);
    }

    private static string TextOf(TranscriptEvent e) => Encoding.UTF8.GetString(e.Bytes.Span);

    private static string TextBlock(string text) => $$"""{"type":"text","text":{{JsonSerializer.Serialize(text)}}}""";

    private static string BodyOf(string messages) => $$"""{"model":"test","max_tokens":64,"stream":true,"messages":[{{messages}}]}""";

    private static string Rest(string blocks) =>
        BodyOf($$"""{{QuestionAgain}},{"role":"assistant","content":[{{blocks}}]},{{GoOn}}""");

    private static string CodexBody(string items) => """{"model":"test","stream":true,"input":[{"type":"message","role":"user","content":"go"}"""
        + items + "]}";

    private static string RestOfTranscript() => string.Concat(TextAndTool.Events
        .Select(TextOf)
        .Where(text => !text.Contains("\"index\":0", StringComparison.Ordinal) && !text.Contains("event: ping", StringComparison.Ordinal))
        .Select(text => text.Replace("\"index\":1", "\"index\":0", StringComparison.Ordinal)));

    private static async Task<Gate> BeginAndLoseAsync(TestGateway gateway, int events)
    {
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(TextAndTool).GateEvery(gate));
        gate.Release(events);
        await using var client = await gateway.ConnectAsync();
        await client.SendAsync(RequestOf("anthropic", BodyOf(Question), $"User-Agent: {ClaudeCode}\r\nx-claude-code-session-id: one"));
        await client.ReadHeadAsync();
        for (var i = 0; i < events; i++)
        {
            await client.ReadEventAsync();
        }

        await client.LoseAsync(gateway);
        return gate;
    }

    private static Task<TurnAnswer> AskAsync(TestGateway gateway, string body, string headers = "x-claude-code-session-id: one") =>
        SendAsync(gateway, "anthropic", body, $"User-Agent: {ClaudeCode}\r\n{headers}");

    private static async Task<TurnAnswer> SendAsync(TestGateway gateway, string protocol, string body, string headers)
    {
        await using var client = await gateway.ConnectAsync();
        await client.SendAsync(RequestOf(protocol, body, headers));
        var head = await client.ReadHeadAsync();
        return new TurnAnswer(head, await client.ReadTextAsync(), client.End);
    }

    private static string RequestOf(string protocol, string body, string headers) =>
        $"POST {(protocol == "anthropic" ? "/v1/messages" : "/v1/responses")} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
        + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static async Task<(Recording.Records.ExchangeRecord Lost, Recording.Records.ExchangeRecord Resumed)> RecordsAsync(
        TestGateway gateway)
    {
        var one = await gateway.NextRecordAsync();
        var other = await gateway.NextRecordAsync();
        return one.RetryOf is null ? (one, other) : (other, one);
    }
}
