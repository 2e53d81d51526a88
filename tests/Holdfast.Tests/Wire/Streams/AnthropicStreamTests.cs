using Holdfast.Wire;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Streams;

/// <summary>What each Messages event means.</summary>
public sealed class AnthropicStreamTests
{
    private const string MessageStart =
        """{"type":"message_start","message":{"id":"m","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_read_input_tokens":7,"output_tokens":1}}}""";

    /// <summary>Only these carry no meaning; all else commits.</summary>
    [Theory]
    [InlineData("ping", """{"type":"ping"}""", "------")]
    [InlineData("message_start", MessageStart, "b-----")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"type":"text","text":""}}""", "------")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"text":"","citations":null,"type":"text"}}""", "------")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""", "------")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"type":"text","text":"Hi"}}""", "-o----")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"type":"thinking","thinking":"","signature":"s"}}""", "-o----")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"type":"tool_use","id":"t","name":"ls","input":{}}}""", "-o----")]
    [InlineData("content_block_start", """{"index":0,"content_block":{"type":"redacted_thinking","data":"x"}}""", "-o----")]
    [InlineData("content_block_delta", """{"index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}""", "-o----")]
    [InlineData("content_block_delta", """{"index":0,"delta":{"type":"text_delta","text":"a"}}""", "-o----")]
    [InlineData("content_block_stop", """{"index":0}""", "-o----")]
    [InlineData("message_delta", """{"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}""", "-o--c-")]
    [InlineData("message_delta", """{"delta":{"stop_reason":null},"usage":{"output_tokens":15}}""", "-o----")]
    [InlineData("message_stop", """{"type":"message_stop"}""", "--t---")]
    [InlineData("error", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "--tf--")]
    [InlineData("some_day", """{"type":"some_day"}""", "-o----")]
    [InlineData("content_block_delta", """{"broken": """, "-o----")]
    public void Each_event_means_what_the_protocol_says(string name, string data, string state) =>
        Assert.Equal(state, new Followed("anthropic").Sees(name, data).State);

    [Fact]
    public void A_whole_answer_goes_from_its_start_to_its_stop()
    {
        var stream = new Followed("anthropic").Sees("message_start", MessageStart);

        Assert.Equal("b-----", stream.State);
        Assert.Equal(("claude-x", new TokenUsage(25, 1, 7, 0)), (stream.Follower.Model, stream.Follower.Usage));
        stream.Sees("content_block_start", """{"content_block":{"type":"text","text":""}}""");
        Assert.Equal("b-----", stream.State);
        stream.Sees("content_block_delta", """{"delta":{"type":"text_delta","text":"{\"stop_reason\":\"end_turn\"}"}}""");
        Assert.Equal("bo----", stream.State);
        stream.Sees("message_delta", """{"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}""");
        Assert.Equal("bo--c-", stream.State);
        Assert.Equal("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", stream.Closing());
        stream.Sees("message_stop", "{}");
        Assert.Equal(("bot-c-", new TokenUsage(25, 15, 7, 0)), (stream.State, stream.Follower.Usage));
    }

    [Fact]
    public void An_error_of_the_upstream_is_named_and_never_closed_by_us()
    {
        var stream = new Followed("anthropic")
            .Sees("error", """{"type":"error","error":{"type":"rate_limit_error","message":"m"}}""");

        Assert.Equal(("rate_limit_error", ""), (stream.Follower.UpstreamError, stream.Closing()));
    }

    /// <summary>An event line is not needed to know what an event is: the type stands in the data.</summary>
    [Fact]
    public void An_event_without_its_name_is_known_by_its_type_and_gets_the_name()
    {
        var stream = new Followed("anthropic");

        Assert.Equal("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            stream.See("data: {\"type\":\"message_stop\"}\n\n"));
        Assert.Equal("--t---", stream.State);
    }

    [Theory]
    [InlineData(KeepAliveForm.Ping, "event: ping\ndata: {\"type\":\"ping\"}\n\n")]
    [InlineData(KeepAliveForm.Comment, ": keepalive\n\n")]
    [InlineData(KeepAliveForm.Blank, "\n")]
    public void A_keepalive_is_the_same_before_and_after_the_start(KeepAliveForm form, string bytes)
    {
        var stream = new Followed("anthropic");

        Assert.Equal(bytes, stream.KeepAlive(form));
        Assert.Equal(bytes, stream.Sees("message_start", MessageStart).KeepAlive(form));
    }
}
