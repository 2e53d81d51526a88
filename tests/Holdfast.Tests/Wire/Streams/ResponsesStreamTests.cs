using Holdfast.TestKit;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Streams;

/// <summary>What each Responses event means, and how its numbers go on.</summary>
public sealed class ResponsesStreamTests
{
    private const string Created =
        """{"type":"response.created","sequence_number":0,"response":{"id":"resp_7","model":"gpt-x","status":"in_progress","usage":null}}""";

    /// <summary>A stream that is read again may begin in its middle: any event of a response begins it.</summary>
    [Theory]
    [InlineData("response.created", Created, "b-----")]
    [InlineData("response.queued", """{"sequence_number":0}""", "b-----")]
    [InlineData("response.in_progress", """{"sequence_number":1}""", "b-----")]
    [InlineData("keepalive", """{"type":"keepalive","sequence_number":1}""", "------")]
    [InlineData("response.output_item.added", """{"item":{"id":"i","type":"message","content":[]}}""", "b-----")]
    [InlineData("response.output_item.added", """{"sequence_number": 2, "item": {"content": [], "type": "message"}}""", "b-----")]
    [InlineData("response.output_item.added", """{"item":{"type":"reasoning","summary":[]}}""", "b-----")]
    [InlineData("response.output_item.added", """{"item":{"type":"reasoning","summary":[],"encrypted_content":"x"}}""", "bo----")]
    [InlineData("response.output_item.added", """{"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}""", "bo----")]
    [InlineData("response.output_item.added", """{"item":{"type":"function_call","name":"ls","arguments":""}}""", "bo----")]
    [InlineData("response.output_item.added", """{"item":{"type":5}}""", "bo----")]
    [InlineData("response.content_part.added", """{"part":{"type":"output_text","text":"","annotations":[]}}""", "b-----")]
    [InlineData("response.content_part.added", """{"part":{"type":"output_text","text":"a"}}""", "bo----")]
    [InlineData("response.reasoning_summary_part.added", """{"part":{"type":"summary_text","text":""}}""", "b-----")]
    [InlineData("response.output_text.delta", """{"delta":"a"}""", "bo----")]
    [InlineData("response.reasoning_summary_text.delta", """{"delta":"a"}""", "bo----")]
    [InlineData("response.some_day", "{}", "bo----")]
    [InlineData("response.completed", """{"response":{"status":"completed"}}""", "b-t---")]
    [InlineData("response.incomplete", """{"response":{"status":"incomplete"}}""", "b-t---")]
    [InlineData("response.failed", """{"response":{"error":{"code":"x"}}}""", "b-tf--")]
    [InlineData("error", """{"code":"x","message":"m"}""", "--tf--")]
    [InlineData("response.output_text.delta", "{broken", "bo----")]
    public void Each_event_means_what_the_protocol_says(string name, string data, string state) =>
        Assert.Equal(state, new Followed("openai-responses").Sees(name, data).State);

    [Fact]
    public void Usage_and_model_are_those_of_the_response()
    {
        var stream = new Followed("openai-responses").Sees("response.created", Created).Sees("response.completed",
            """{"sequence_number":9,"response":{"id":"resp_7","model":"gpt-x-2","output":[{"usage":{"input_tokens":1}}],"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":5},"output_tokens":15}}}""");

        Assert.Equal(("gpt-x-2", new TokenUsage(25, 15, 5, 0)), (stream.Follower.Model, stream.Follower.Usage));
    }

    /// <summary>What was asked for stands in the first events, what was served in the last.</summary>
    [Fact]
    public void Tier_and_searches_stand_beside_the_usage()
    {
        var stream = new Followed("openai-responses")
            .Sees("response.created", """{"sequence_number":0,"response":{"id":"r","service_tier":"auto","usage":null}}""")
            .Sees("response.completed", """{"sequence_number":9,"response":{"tool_usage":{"web_search":{"num_requests":2}},"service_tier":"flex","usage":{"input_tokens":30,"output_tokens":15}}}""");

        Assert.Equal(new TokenUsage(30, 15, 0, 0) { ServerToolRequests = 2, ServiceTier = "flex" }, stream.Follower.Usage);
    }

    /// <summary>The upstream's reason is what the record names.</summary>
    [Fact]
    public void A_failed_response_is_named_by_its_code() =>
        Assert.Equal("server_is_overloaded", new Followed("openai-responses").Sees("response.failed",
            """{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"m"}}}""")
            .Follower.UpstreamError);

    /// <summary>Before the start any event breaks the SDK; after it the keepalive repeats the last number.</summary>
    [Fact]
    public void A_keepalive_is_a_blank_line_before_the_start_and_repeats_the_last_number_after_it()
    {
        var stream = new Followed("openai-responses");

        Assert.All(Enum.GetValues<KeepAliveForm>(), form => Assert.Equal("\n", stream.KeepAlive(form)));
        stream.Sees("response.created", Created).Sees("response.output_text.delta", """{"delta":"a","sequence_number":41}""");
        Assert.Equal("event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":41}\n\n",
            stream.KeepAlive(KeepAliveForm.Event));
        Assert.Equal(": keepalive\n\n", stream.KeepAlive(KeepAliveForm.Comment));
        Assert.Equal("\n", stream.KeepAlive(KeepAliveForm.Blank));
    }

    [Fact]
    public void Our_error_has_the_number_after_the_last_and_the_response_it_ends()
    {
        var stream = new Followed("openai-responses").Sees("response.created", Created)
            .Sees("response.output_text.delta", """{"sequence_number":41,"delta":"a"}""");
        stream.KeepAlive(KeepAliveForm.Event);

        var json = Assert.Single(SseTranscript.Parse(stream.Error(new(ErrorCodes.StreamReset, "lost"))).Events).Json;

        Assert.Equal(42, json.GetProperty("sequence_number").GetInt32());
        Assert.Equal(("resp_7", "gpt-x"),
            (json.GetProperty("response").GetProperty("id").GetString(), json.GetProperty("response").GetProperty("model").GetString()));
    }

    [Fact]
    public void An_error_before_the_start_creates_the_response_first()
    {
        var events = SseTranscript.Parse(new Followed("openai-responses").Error(new(ErrorCodes.StreamReset, "lost"))).Events;

        Assert.Equal(["response.created", "response.failed"], events.Select(e => e.Type));
        Assert.Equal([0, 1], events.Select(e => e.Json.GetProperty("sequence_number").GetInt32()));
        Assert.All(events, e => Assert.Equal(("resp_x1", "asked", 1795132800), (
            e.Json.GetProperty("response").GetProperty("id").GetString(),
            e.Json.GetProperty("response").GetProperty("model").GetString(),
            e.Json.GetProperty("response").GetProperty("created_at").GetInt64())));
    }

    [Theory]
    [InlineData("""{"type":"error","sequence_number":5,"code":"c","message":"m"}""", 5, "c", "m")]
    [InlineData("""{"type":"error","code":"c","message":"m"}""", 5, "c", "m")]
    [InlineData("""{"type":"error","error":{"type":"t","message":"m"}}""", 5, "t", "m")]
    [InlineData("""{"type":"error"}""", 5, "server_error", "The upstream reported an error.")]
    public void Codex_gets_an_error_event_as_a_failed_response(string data, int sequence, string code, string message)
    {
        var stream = new Followed("openai-responses", new StreamContext("asked", 1, "x1", ErrorEventsAsFailed: true))
            .Sees("response.created", Created.Replace("\"sequence_number\":0", "\"sequence_number\":4", StringComparison.Ordinal));

        var json = Assert.Single(SseTranscript.Parse(stream.See($"event: error\ndata: {data}\n\n")!).Events).Json;

        Assert.Equal(("response.failed", sequence),
            (json.GetProperty("type").GetString(), json.GetProperty("sequence_number").GetInt32()));
        var error = json.GetProperty("response").GetProperty("error");
        Assert.Equal((code, message), (error.GetProperty("code").GetString(), error.GetProperty("message").GetString()));
    }

    [Fact]
    public void Others_get_the_error_event_as_it_is() =>
        Assert.Null(new Followed("openai-responses").See("event: error\ndata: {\"type\":\"error\",\"code\":\"c\"}\n\n"));
}
