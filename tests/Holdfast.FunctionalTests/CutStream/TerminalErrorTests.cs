using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>What exactly the client reads when its stream was lost.</summary>
public sealed class TerminalErrorTests
{
    /// <summary>The line that clients of earlier gateways parse, field by field, then <c>[DONE]</c>.</summary>
    [Fact]
    public async Task A_lost_chat_stream_ends_with_the_error_line_and_then_done()
    {
        var (lines, head) = await LastLinesAsync("openai-chat", Answer.Ok().ResetAfterEvent(3), 4);

        Assert.Equal(["", "data: [DONE]", ""], lines[1..]);
        Assert.StartsWith("data: {\"error\":{", lines[0]);
        var json = JsonSerializer.Deserialize<JsonElement>(lines[0]["data: ".Length..]);
        Assert.Equal(["error", "id", "object", "model"], Names(json));
        Assert.Equal("chatcmpl-sim", json.GetProperty("id").GetString());
        Assert.Equal("chat.completion.chunk", json.GetProperty("object").GetString());
        Assert.Equal("test", json.GetProperty("model").GetString());
        var error = json.GetProperty("error");
        Assert.Equal(["message", "type", "holdfast"], Names(error));
        Assert.Equal("Connection to upstream server lost", error.GetProperty("message").GetString());
        Assert.Equal("connection_error", error.GetProperty("type").GetString());
        Assert.Equal("stream_reset", error.GetProperty("holdfast").GetProperty("code").GetString());
        Assert.Equal(head.Header("holdfast-exchange"), error.GetProperty("holdfast").GetProperty("exchange").GetString());
    }

    /// <summary>Anthropic's own shape, and the word a generic retry layer looks for stands in the text.</summary>
    [Fact]
    public async Task A_lost_messages_stream_ends_with_an_error_event_of_anthropics_shape()
    {
        var (lines, head) = await LastLinesAsync("anthropic", Answer.Ok().ResetAfterEvent(3), 3);

        Assert.Equal(("event: error", ""), (lines[0], lines[2]));
        var json = JsonSerializer.Deserialize<JsonElement>(lines[1]["data: ".Length..]);
        Assert.Equal(["type", "error", "request_id"], Names(json));
        Assert.Equal("error", json.GetProperty("type").GetString());
        Assert.Equal(head.Header("holdfast-exchange"), json.GetProperty("request_id").GetString());
        var error = json.GetProperty("error");
        Assert.Equal("api_error", error.GetProperty("type").GetString());
        Assert.Equal("Connection to upstream server lost (connection_error: stream_reset)",
            error.GetProperty("message").GetString());
    }

    /// <summary>Codex and the SDKs need <c>response.failed</c> with the next number and the id they know.</summary>
    [Fact]
    public async Task A_lost_responses_stream_ends_with_response_failed_and_the_next_sequence_number()
    {
        var (lines, _) = await LastLinesAsync("openai-responses", Answer.Ok().ResetAfterEvent(5), 3);

        Assert.Equal(("event: response.failed", ""), (lines[0], lines[2]));
        var json = JsonSerializer.Deserialize<JsonElement>(lines[1]["data: ".Length..]);
        Assert.Equal("response.failed", json.GetProperty("type").GetString());
        Assert.Equal(5, json.GetProperty("sequence_number").GetInt32());
        var response = json.GetProperty("response");
        Assert.Equal("resp_sim", response.GetProperty("id").GetString());
        Assert.Equal("test", response.GetProperty("model").GetString());
        Assert.Equal("failed", response.GetProperty("status").GetString());
        var error = response.GetProperty("error");
        Assert.Equal("server_error", error.GetProperty("code").GetString());
        Assert.Contains("Connection to upstream server lost", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_gemini_stream_ends_with_an_error_object_in_a_data_line()
    {
        var (lines, _) = await LastLinesAsync("gemini", Answer.Ok().ResetAfterEvent(2), 2);

        Assert.Equal("", lines[1]);
        var json = JsonSerializer.Deserialize<JsonElement>(lines[0]["data: ".Length..]);
        var error = json.GetProperty("error");
        Assert.Equal(502, error.GetProperty("code").GetInt32());
        Assert.Equal("UNAVAILABLE", error.GetProperty("status").GetString());
        Assert.Contains("connection_error", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>The four classes, each by its code; a lost stream is none of the upstream's HTTP errors.</summary>
    [Fact]
    public async Task A_stalled_stream_is_told_from_a_reset_a_closed_and_a_truncated_one()
    {
        (Answer Answer, string Code, string Class)[] faults =
        [
            (Answer.Ok().SilentAfter(3), "stream_stalled", "timeout"),
            (Answer.Ok().ResetAfterEvent(3), "stream_reset", "stream"),
            (Answer.Ok().FinInsideEvent(3), "stream_hangup", "stream"),
            (Answer.Ok().CleanEndAfterEvent(3), "stream_truncated", "stream"),
            (Answer.Ok().BadGzip(), "stream_garbled", "stream"),
        ];
        foreach (var (answer, code, errorClass) in faults)
        {
            await using var gateway = await TestGateway.StartAsync(
                options => options.Streaming.StallAfter = TimeSpan.FromSeconds(code == "stream_stalled" ? 1 : 60));
            gateway.Upstream.Always(answer);
            await using var client = await gateway.ConnectAsync();
            var (path, body) = SampleRequests.Turn("openai-responses");

            var head = await client.RequestAsync("POST", path, body);
            var text = await client.ReadToEndAsync();

            // What is broken from the first byte on still gets a status.
            var error = head.Status == 200
                ? TerminalError.OfStream("openai-responses", [SseTranscript.Parse(text).Events[^1]])
                : TerminalError.OfBody("openai-responses", JsonSerializer.Deserialize<JsonElement>(text));
            Assert.Equal((code, errorClass), (error.Code, error.Class));
            Assert.Equal(code == "stream_garbled" ? 502 : 200, head.Status);
            Assert.Equal(BodyEnd.CleanEnd, client.End);
        }
    }

    private static async Task<(string[] Lines, RawAnswer Head)> LastLinesAsync(string protocol, Answer answer, int count)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(answer);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);
        var text = await client.ReadTextAsync();

        Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, client.End));
        Assert.EndsWith("\n\n", text);
        return (text[..^1].Split('\n')[^count..], head);
    }

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(p => p.Name)];
}
