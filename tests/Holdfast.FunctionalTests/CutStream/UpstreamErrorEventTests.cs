using Holdfast.Recording.Records;
using Holdfast.Wire;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>An error the upstream itself reports inside its stream goes through as it is, counts as the
/// upstream's, and is followed by nothing of ours; Codex alone gets it in the form it understands.</summary>
public sealed class UpstreamErrorEventTests
{
    private const string Overloaded =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"details\":null,\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"x\":1.0}\n\n";

    private const string ResponsesError =
        "event: error\ndata: {\"type\":\"error\",\"sequence_number\":4,\"code\":\"rate_limit_exceeded\",\"message\":\"Please try again in 3s.\",\"param\":null}\n\n";

    private const string ChatError =
        "data: {\"error\":{\"message\":\"boom\",\"type\":\"server_error\",\"param\":null,\"code\":\"engine_died\"}}\n\n";

    private const string GeminiError =
        "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}\n\n";

    public static TheoryData<string, string, string, string> Errors => new()
    {
        { "anthropic", Overloaded, "", "overloaded_error" },
        { "openai-responses", ResponsesError, "", "rate_limit_exceeded" },
        { "gemini", GeminiError, "", "UNAVAILABLE" },

        // Chat's clients stop at [DONE], which an upstream that fails may leave out.
        { "openai-chat", ChatError, "data: [DONE]\n\n", "engine_died" },
        { "openai-chat", ChatError + "data: [DONE]\n\n", "", "engine_died" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task The_upstreams_own_error_event_goes_through_verbatim_and_counts_as_the_upstreams(
        string protocol, string error, string added, string type)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Ok().ErrorEventAfter(4, error));
        var wanted = await ReadDirectAsync(gateway, protocol);

        var (head, body, end) = await ReadAsync(gateway, protocol);
        var record = await gateway.NextRecordAsync();

        Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, end));
        Assert.EndsWith(error, wanted);
        Assert.Equal(wanted + added, body);
        Assert.Equal(("upstream_error", "upstream"), (record.End?.Word(), record.EndSide?.Word()));
        Assert.Equal((type, $"upstream:{type}"), (record.Error, record.ErrorCode));
    }

    /// <summary>Codex skips a plain error event and then reports a closed stream; <c>response.failed</c> it obeys.</summary>
    [Theory]
    [InlineData("codex_exec/0.169.0 (Debian 12; x86_64)")]
    [InlineData("codex-tui/0.169.0")]
    public async Task Codex_gets_the_upstreams_error_as_response_failed_in_its_place(string userAgent)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Ok().ErrorEventAfter(4, ResponsesError));
        var direct = await ReadDirectAsync(gateway, "openai-responses");

        var (head, body, end) = await ReadAsync(gateway, "openai-responses", ("user-agent", userAgent));
        var record = await gateway.NextRecordAsync();

        Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, end));
        Assert.StartsWith(direct[..^ResponsesError.Length], body);
        var tail = SseTranscript.Parse(body[(direct.Length - ResponsesError.Length)..]).Entries;
        var json = Assert.Single(tail).Json;
        Assert.Equal("response.failed", tail[0].Type);
        Assert.Equal(4, json.GetProperty("sequence_number").GetInt32());
        Assert.Equal("resp_sim", json.GetProperty("response").GetProperty("id").GetString());
        var error = json.GetProperty("response").GetProperty("error");
        Assert.Equal("rate_limit_exceeded", error.GetProperty("code").GetString());
        Assert.Equal("Please try again in 3s.", error.GetProperty("message").GetString());
        Assert.Equal(("upstream_error", "upstream:rate_limit_exceeded"), (record.End?.Word(), record.ErrorCode));
        Assert.Equal(Fidelity.Repaired, record.Fidelity);
    }

    /// <summary>The first event is an error: still the upstream's, and Codex needs a response that was created.</summary>
    [Fact]
    public async Task An_error_as_the_first_event_reaches_codex_behind_a_response_created()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Ok().ErrorEventAfter(0,
            ResponsesError.Replace("\"sequence_number\":4", "\"sequence_number\":0", StringComparison.Ordinal)));

        var (_, body, _) = await ReadAsync(gateway, "openai-responses", ("user-agent", "codex_exec/0.169.0"));

        var events = SseTranscript.Parse(body).Events;
        Assert.Equal(["response.created", "response.failed"], events.Select(e => e.Type));
        Assert.Equal([0, 1], events.Select(e => e.Json.GetProperty("sequence_number").GetInt32()));
        Assert.Equal(events[0].Json.GetProperty("response").GetProperty("id").GetString(),
            events[1].Json.GetProperty("response").GetProperty("id").GetString());
    }

    /// <summary>Gemini and some proxies write the error without <c>data:</c>; no client can read that.</summary>
    [Fact]
    public async Task A_bare_error_object_in_a_gemini_stream_becomes_a_data_line()
    {
        const string Bare = "{\n  \"error\": {\n    \"code\": 503,\n    \"status\": \"UNAVAILABLE\"\n  }\n}";
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Ok().ErrorEventAfter(2, Bare));

        var (_, body, _) = await ReadAsync(gateway, "gemini");
        var record = await gateway.NextRecordAsync();

        var last = SseTranscript.Parse(body).Events[^1];
        Assert.Equal("UNAVAILABLE", last.Json.GetProperty("error").GetProperty("status").GetString());
        Assert.Equal("upstream:UNAVAILABLE", record.ErrorCode);
    }

    private static async Task<(RawAnswer Head, string Body, BodyEnd End)> ReadAsync(
        TestGateway gateway, string protocol, params (string, string)[] headers)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);
        var head = await client.RequestAsync("POST", path, body, headers);
        return (head, Encoding.UTF8.GetString(await client.ReadToEndAsync()), client.End);
    }

    private static async Task<string> ReadDirectAsync(TestGateway gateway, string protocol)
    {
        await using var client = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        var (path, body) = SampleRequests.Turn(protocol);
        await client.RequestAsync("POST", path, body);
        return await client.ReadTextAsync();
    }
}
