using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>What the request itself brought on is told as the upstream told it, byte for byte, and nobody else is
/// asked; nor is anybody for a client that has left.</summary>
public sealed class NeverFallsBackTests
{
    private static readonly (string Protocol, int Status, string Body)[] Refusals =
    [
        // Format.
        ("anthropic", 400, Anthropic("messages: Field required")),
        ("anthropic", 400, Anthropic("max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for this model")),
        ("anthropic", 400, Anthropic("messages.1.content.0: tool_use ids were found without tool_result blocks immediately after: toolu_01A")),
        ("anthropic", 400, Anthropic("messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")),
        ("anthropic", 400, Anthropic("messages: roles must alternate between \"user\" and \"assistant\", but found multiple \"user\" roles in a row")),
        ("openai-chat", 400, OpenAI("Invalid value: 'tool'. Supported values are: 'system', 'user'.", "null")),
        ("openai-chat", 400, OpenAI("Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40.", "\"string_above_max_length\"")),
        ("openai-responses", 400, OpenAI("Unknown parameter: 'reasonin'.", "\"unknown_parameter\"")),
        ("gemini", 400, Gemini("Invalid JSON payload received. Unknown name \\\"foo\\\": Cannot find field.")),

        // Too long.
        ("anthropic", 400, Anthropic("prompt is too long: 208310 tokens > 200000 maximum")),
        ("anthropic", 400, Anthropic("input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length or `max_tokens` and try again")),
        ("anthropic", 413, """{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"""),
        ("openai-chat", 400, OpenAI("This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.", "\"context_length_exceeded\"")),
        ("openai-responses", 400, OpenAI("Your input exceeds the context window of this model. Please adjust your input and try again.", "\"context_length_exceeded\"")),
        ("gemini", 400, Gemini("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")),

        // Images.
        ("anthropic", 400, Anthropic("messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes")),
        ("anthropic", 400, Anthropic("messages.0.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels")),
        ("anthropic", 400, Anthropic("Could not process image")),
        ("openai-chat", 400, OpenAI("You uploaded an unsupported image. Please make sure your image is below 20 MB in size and is of one the following formats.", "\"image_parse_error\"")),

        // Signatures.
        ("anthropic", 400, Anthropic("messages.1.content.0: Invalid `signature` in `thinking` block")),
        ("anthropic", 400, Anthropic("messages.3.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.")),
        ("gemini", 400, Gemini("Function call is missing a thought_signature in functionCall parts.")),
    ];

    public static TheoryData<int, bool> RefusalsAndForms
    {
        get
        {
            var data = new TheoryData<int, bool>();
            for (var i = 0; i < Refusals.Length; i++)
            {
                data.Add(i, true);
                data.Add(i, false);
            }

            return data;
        }
    }

    public static TheoryData<string> Protocols => Turns.Protocols;

    /// <summary>A certificate nobody vouches for may mean that somebody listens in: the operator must see it.</summary>
    [Fact]
    public async Task A_certificate_nobody_vouches_for_is_told_and_not_gone_around()
    {
        using var certificates = new Upstreams.TestCertificates();
        await using var server = Upstreams.RawUpstream.StartOk(certificates.Server());
        await using var chain = await ChainGateway.StartAsync(firstAddress: server.Url);

        var answer = await chain.AskAsync();

        Assert.Equal((502, "upstream_tls"), (answer.Status, answer.Header("holdfast-error")));
        Assert.Equal([0, 0], chain.Ledger);
        Assert.Equal(0, server.Requests);
    }

    [Theory]
    [MemberData(nameof(RefusalsAndForms))]
    public async Task What_the_request_brought_on_reaches_the_client_unchanged_and_nobody_else_is_asked(int index, bool stream)
    {
        var (protocol, status, body) = Refusals[index];
        await using var chain = await ChainGateway.StartAsync(count: 3);
        chain.First.Always(Answer.Status(status, body).Header("x-of-upstream", "kept"));

        var answer = await chain.AskAsync(protocol, stream);

        Assert.Equal((status, body, "kept", "exact"),
            (answer.Status, answer.Text, answer.Header("x-of-upstream"), answer.Header("holdfast-fidelity")));
        Assert.Equal([1, 0, 0], chain.Ledger);
        var record = await chain.NextRecordAsync();
        Assert.Equal(("upstream_error", 1, null), (record.End?.Word(), record.Attempts, record.FallbackReason));
        Assert.Equal("surface", record.FailedAttempts!.Single().Action);
        Assert.Contains(record.FailedAttempts!.Single().Reason, (string[])["format", "context_overflow", "none"]);
    }

    /// <summary>A single candidate's refusal is its own, also where nobody else could be asked.</summary>
    [Fact]
    public async Task A_single_candidates_refusal_reaches_the_client_unchanged()
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        foreach (var (protocol, status, body) in Refusals)
        {
            chain.First.Always(Answer.Status(status, body));

            var answer = await chain.AskAsync(protocol);

            Assert.Equal((status, body), (answer.Status, answer.Text));
        }

        Assert.Equal(Refusals.Length, chain.First.RequestCount);
    }

    /// <summary>Inside a 200, before any output, a refusal is told as the upstream told it as well.</summary>
    [Fact]
    public async Task A_refusal_told_inside_the_stream_reaches_the_client_and_nobody_else_is_asked()
    {
        await using var chain = await ChainGateway.StartAsync();
        var said = $"event: error\ndata: {Anthropic("prompt is too long: 208310 tokens > 200000 maximum")}\n\n";
        var answer = Answer.Sse(Turns.TranscriptOf("anthropic")).ErrorEventAfter(2, said);
        chain.First.Always(answer);

        var got = await chain.AskAsync();

        var handshake = Turns.TranscriptOf("anthropic").Events.Take(2).Select(e => System.Text.Encoding.UTF8.GetString(e.Bytes.Span));
        Assert.Equal(string.Concat(handshake) + said, got.Text);
        Assert.Equal([1, 0], chain.Ledger);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task For_a_client_that_leaves_before_the_headers_nobody_else_is_asked(string protocol)
    {
        await LeaveAsync(protocol, Answer.Never());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task For_a_client_that_leaves_during_the_handshake_nobody_else_is_asked(string protocol)
    {
        await LeaveAsync(protocol, Answer.Sse(Turns.TranscriptOf(protocol)).SilentAfter(Turns.HandshakeOf(protocol)));
    }

    private static async Task LeaveAsync(string protocol, Answer answer)
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(answer);
        var client = await chain.SendAsync(protocol);
        var request = await chain.First.NextRequestAsync().WithinTestTimeout();

        client.Reset();

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        var record = await chain.NextRecordAsync();
        Assert.Equal(("client_aborted", "client", 1), (record.End?.Word(), record.EndSide?.Word(), record.Attempts));
        Assert.Equal([1, 0], chain.Ledger);
        Assert.Equal(0, await chain.Gateway.MetricAsync("holdfast_fallbacks_total"));
    }

    private static string Anthropic(string message) =>
        $$$"""{"type":"error","error":{"type":"invalid_request_error","message":{{{System.Text.Json.JsonSerializer.Serialize(message)}}}},"request_id":"req_1"}""";

    private static string OpenAI(string message, string code) =>
        $$$"""{"error":{"message":{{{System.Text.Json.JsonSerializer.Serialize(message)}}},"type":"invalid_request_error","param":null,"code":{{{code}}}}}""";

    private static string Gemini(string message) =>
        $$$"""{"error":{"code":400,"message":"{{{message}}}","status":"INVALID_ARGUMENT"}}""";
}
