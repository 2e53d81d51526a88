using Holdfast.TestKit;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Tests.Wire.Streams;

/// <summary>The bytes we put at a stream's end, in every state a stream can be in.</summary>
public sealed class StreamEndTests
{
    private const string NastyModel = "m\"\n\r\\\u2028é🙂";

    /// <summary>First events of each protocol, as far as they have come.</summary>
    private static readonly Dictionary<string, (string Name, string Data)[]> Beginnings = new(StringComparer.Ordinal)
    {
        ["anthropic"] =
        [
            ("message_start", """{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1}}}"""),
            ("content_block_delta", """{"type":"content_block_delta","delta":{"text":"a"}}"""),
        ],
        ["openai-chat"] = [("", """{"id":"chatcmpl-1\"","model":"g\n","choices":[{"index":0,"delta":{"content":"a"}}]}""")],
        ["openai-responses"] =
        [
            ("response.created", """{"sequence_number":7,"response":{"id":"resp\"1","model":"g"}}"""),
            ("response.output_text.delta", """{"sequence_number":8,"delta":"a"}"""),
        ],
        ["gemini"] = [("", """{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}""")],
    };

    public static TheoryData<string> Protocols => [.. Beginnings.Keys];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void The_terminal_error_of_every_code_is_one_the_protocols_clients_take(string protocol)
    {
        for (var seen = 0; seen <= Beginnings[protocol].Length; seen++)
        {
            foreach (var code in ErrorCodes.All)
            {
                var stream = new Followed(protocol, new StreamContext(NastyModel, 1, "x1"));
                foreach (var (name, data) in Beginnings[protocol].Take(seen))
                {
                    stream.Sees(name, data);
                }

                var events = SseTranscript.Parse(stream.Error(new(code, "A \"message\"\nof two lines", "x1", "after 1 ms")));

                Assert.Equal(events.Events.Count, events.Entries.Count);
                var tail = events.Events.SkipWhile(e => e.Type == "response.created").ToList();
                Assert.Equal(code.Name, TerminalError.OfStream(protocol, tail).Code);
            }
        }
    }

    /// <summary>Id and model are those of the stream where it stated them, else ours and the one asked for.</summary>
    [Fact]
    public void The_chat_error_names_the_id_and_the_model_of_its_stream()
    {
        var fresh = new Followed("openai-chat");
        var begun = new Followed("openai-chat").Sees("", """{"id":"chatcmpl-7","model":"served","choices":[]}""");

        var ours = SseTranscript.Parse(fresh.Error(new(ErrorCodes.StreamReset, "m"))).Events[0].Json;
        var theirs = SseTranscript.Parse(begun.Error(new(ErrorCodes.StreamReset, "m"))).Events[0].Json;

        Assert.Equal(("chatcmpl_x1", "asked"), (ours.GetProperty("id").GetString(), ours.GetProperty("model").GetString()));
        Assert.Equal(("chatcmpl-7", "served"),
            (theirs.GetProperty("id").GetString(), theirs.GetProperty("model").GetString()));
    }

    /// <summary>The upstream's own body inside the stream, on one line, where it has the protocol's shape.</summary>
    [Theory]
    [InlineData("anthropic", "{\n \"type\": \"error\",\r\n \"error\": {\"type\":\"x\",\"n\":1.0}}", "event: error\ndata: {  \"type\": \"error\",   \"error\": {\"type\":\"x\",\"n\":1.0}}\n\n")]
    [InlineData("openai-chat", "{\"error\":{\"message\":\"a\\nb\"},\n\"x\":1}", "data: {\"error\":{\"message\":\"a\\nb\"}, \"x\":1}\n\ndata: [DONE]\n\n")]
    [InlineData("gemini", "{\"error\":{\"code\":429}}", "data: {\"error\":{\"code\":429}}\n\n")]
    public void An_upstreams_error_body_is_told_as_it_is_on_one_line(string protocol, string body, string wanted) =>
        Assert.Equal(wanted, new Followed(protocol).UpstreamError(body, new(ErrorCodes.UpstreamProtocol, "m")));

    [Theory]
    [MemberData(nameof(Protocols))]
    public void An_error_body_of_no_known_shape_is_told_in_our_words(string protocol)
    {
        foreach (var body in (string[])["", "x", "[]", "{}", "{\"error\":", "null"])
        {
            var text = new Followed(protocol).UpstreamError(body, new(ErrorCodes.UpstreamProtocol, "status 503"));

            var tail = SseTranscript.Parse(text).Events.SkipWhile(e => e.Type == "response.created").ToList();
            Assert.Equal("upstream_protocol", TerminalError.OfStream(protocol, tail).Code);
        }
    }

    /// <summary>A last event is completed only if its data is whole; a cut one is dropped.</summary>
    [Theory]
    [InlineData("data: {\"a\":1}", "\n\n")]
    [InlineData("data: {\"a\":1}\n", "\n")]
    [InlineData("data: {\"a\":1}\r\n", "\n")]
    [InlineData("data: {\"a\":1}\r", "\n\n")]
    [InlineData("event: x\ndata: {\"a\":1}", "\n\n")]
    [InlineData("data: [DONE]", "\n\n")]
    [InlineData("{\"error\":{}}", "\n\n")]
    [InlineData("data: {\"a\":1", null)]
    [InlineData("data: [DONE", null)]
    [InlineData("data: ", null)]
    [InlineData("event: message_stop\n", null)]
    [InlineData("event: message_stop\nda", null)]
    [InlineData(": comm", null)]
    [InlineData("data: {\"a\":1}\ndata: {\"b", null)]
    [InlineData("d", null)]
    public void Only_a_whole_last_event_is_completed(string partial, string? completion)
    {
        Assert.Equal(completion, new Followed("anthropic").Completion(partial));
        if (completion is not null && !partial.StartsWith('{'))
        {
            Assert.Single(SseTranscript.Parse(partial + completion).Events);
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Nothing_of_a_stream_is_a_reason_to_throw(string protocol)
    {
        string[] data =
        [
            "0", "null", "\"x\"", "[]", "[[]]", "{}", "{\"choices\":{}}", "{\"choices\":[1]}", "{\"choices\":[{\"index\":\"x\"}]}",
            "{\"candidates\":[{\"content\":[]}]}", "{\"message\":1}", "{\"message\":{\"model\":1}}", "{\"usage\":[]}",
            "{\"response\":1}", "{\"response\":{\"id\":1}}", "{\"sequence_number\":1.5}", "{\"error\":1}", "{\"type\":1}",
            "{\"delta\":{\"stop_reason\":{}}}", "{\"content_block\":{\"type\":1}}", "{\"item\":{\"type\":{}}}", "\u0000", "{\"a\":\"\\ud800\"}",
        ];
        string[] names =
        [
            "", "error", "message_start", "message_delta", "content_block_start", "response.created", "response.failed",
            "response.output_item.added", "response.content_part.added",
        ];
        foreach (var name in names)
        {
            foreach (var text in data)
            {
                new Followed(protocol).Sees(name, text).Error(new GatewayError(ErrorCodes.StreamReset, "m"));
            }
        }
    }
}
