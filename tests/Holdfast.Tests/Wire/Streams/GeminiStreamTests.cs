using Holdfast.Wire;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Streams;

/// <summary>What each Gemini chunk means, in events and in an array.</summary>
public sealed class GeminiStreamTests
{
    [Theory]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"index":0}]}""", "bo----")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a","thought":true}]}}]}""", "bo----")]
    [InlineData("""{"candidates":[{"content":{"role":"model"},"index":0}]}""", "b-----")]
    [InlineData("""{"candidates":[{"content":{"parts":[]}}]}""", "b-----")]
    [InlineData("""{"candidates":[{"content":null}]}""", "b-----")]
    [InlineData("""{"usageMetadata":{"promptTokenCount":5}}""", "b-----")]
    [InlineData("""{"candidates":[{"finishReason":"STOP","index":0}]}""", "b----w")]
    [InlineData("""{"candidates":[{"finishReason":null,"index":0}]}""", "b-----")]
    [InlineData("""{"promptFeedback":{"blockReason":"SAFETY"}}""", "b----w")]
    [InlineData("""{"promptFeedback":{"safetyRatings":[]}}""", "b-----")]
    [InlineData("""{"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}""", "b-tf--")]
    [InlineData("{broken", "bo----")]
    public void Each_chunk_means_what_the_protocol_says(string data, string state) =>
        Assert.Equal(state, new Followed("gemini").Sees("", data).State);

    [Fact]
    public void The_answer_is_whole_when_every_candidate_has_its_finish_reason()
    {
        var stream = new Followed("gemini")
            .Sees("", """{"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}},{"index":1,"content":{"parts":[{"text":"b"}]}}],"modelVersion":"g"}""")
            .Sees("", """{"candidates":[{"index":0,"finishReason":"STOP"}]}""");

        Assert.Equal("bo----", stream.State);
        stream.Sees("", """{"candidates":[{"index":1,"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2}}""");
        Assert.Equal("bo---w", stream.State);
        Assert.Equal(("g", new TokenUsage(5, 2, 0, 0)), (stream.Follower.Model, stream.Follower.Usage));
        Assert.Equal("", stream.Closing());
    }

    /// <summary>Gemini CLI breaks on comments and on <c>data:</c> without its space.</summary>
    [Theory]
    [InlineData(": comment\n\n", "\n")]
    [InlineData("data:{\"a\":1}\r\n\r\n", "data: {\"a\":1}\n\n")]
    [InlineData("{\"error\":{\n\"code\":1}}\n\n", "data: {\"error\":{ \"code\":1}}\n\n")]
    [InlineData("data: {\"a\":1}\r\n\r\n", null)]
    public void What_clients_cannot_take_is_replaced(string frame, string? replacement) =>
        Assert.Equal(replacement, new Followed("gemini").See(frame));

    [Theory]
    [InlineData(KeepAliveForm.Blank, "\n")]
    [InlineData(KeepAliveForm.Ping, "\n")]
    [InlineData(KeepAliveForm.Event, "\n")]
    [InlineData(KeepAliveForm.Comment, ": keepalive\n\n")]
    public void A_keepalive_is_a_blank_line(KeepAliveForm form, string bytes) =>
        Assert.Equal(bytes, new Followed("gemini").KeepAlive(form));

    [Fact]
    public void An_array_ends_with_its_bracket_alone()
    {
        var stream = new Followed("gemini", new StreamContext(IsArray: true));

        Assert.Null(stream.See("[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}"));
        Assert.Equal("bo----", stream.State);
        Assert.Equal((" ", "", ""), (stream.KeepAlive(KeepAliveForm.Blank),
            stream.Error(new(Holdfast.Wire.Errors.ErrorCodes.StreamReset, "m")),
            stream.UpstreamError("{}", new(Holdfast.Wire.Errors.ErrorCodes.StreamReset, "m"))));
        stream.See(",\r\n{\"candidates\":[{\"finishReason\":\"STOP\"}]}");
        Assert.Equal(("bo--c-", "]"), (stream.State, stream.Closing()));
        stream.See("\n]");
        Assert.Equal("bot-c-", stream.State);
        Assert.Null(stream.See("\n"));
        Assert.False(stream.Follower.CanTellErrors);
    }

    [Fact]
    public void An_empty_array_is_an_end_too() =>
        Assert.Equal("--t---", Seen(new Followed("gemini", new StreamContext(IsArray: true)), "[]").State);

    [Fact]
    public void An_error_element_in_an_array_is_the_upstreams()
    {
        var stream = Seen(new Followed("gemini", new StreamContext(IsArray: true)), "[{\"error\":{\"status\":\"UNAVAILABLE\"}}");

        Assert.Equal(("b--f--", "UNAVAILABLE"), (stream.State, stream.Follower.UpstreamError));
    }

    private static Followed Seen(Followed stream, string frame)
    {
        stream.See(frame);
        return stream;
    }
}
