using Holdfast.Wire;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Streams;

/// <summary>What each Chat chunk means.</summary>
public sealed class ChatStreamTests
{
    /// <summary>A role-only or empty chunk does not commit, in the many ways servers write one.</summary>
    [Theory]
    [InlineData("""{"delta":{"role":"assistant","content":""},"finish_reason":null}""", "b-----")]
    [InlineData("""{"delta":{"role":"assistant","content":null,"refusal":null}}""", "b-----")]
    [InlineData("""{"delta":{"role":"assistant","content":"","reasoning_content":null,"tool_calls":[],"function_call":{}}}""", "b-----")]
    [InlineData("""{"delta":{}}""", "b-----")]
    [InlineData("""{"delta":null}""", "b-----")]
    [InlineData("""{"delta":{"content":"a"}}""", "bo----")]
    [InlineData("""{"delta":{"reasoning_content":"hm"}}""", "bo----")]
    [InlineData("""{"delta":{"refusal":"no"}}""", "bo----")]
    [InlineData("""{"delta":{"content":[{"type":"text","text":"a"}]}}""", "bo----")]
    [InlineData("""{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"ls","arguments":""}}]}}""", "bo----")]
    [InlineData("""{"text":"completions"}""", "bo----")]
    [InlineData("""{"text":""}""", "b-----")]
    [InlineData("""{"delta":{},"finish_reason":"stop"}""", "b---c-")]
    [InlineData("""{"delta":{"content":"a"},"finish_reason":"length"}""", "bo--c-")]
    [InlineData("""{"delta":{},"finish_reason":""}""", "b-----")]
    public void Each_choice_means_what_its_delta_says(string choice, string state) => Assert.Equal(
        state, new Followed("openai-chat").Sees("", $$"""{"id":"c","model":"m","choices":[{"index":0,{{choice[1..]}}]}""").State);

    [Theory]
    [InlineData("", """{"choices":[],"usage":{"prompt_tokens":9}}""", "b-----")]
    [InlineData("", """{"choices":[],"prompt_filter_results":[]}""", "b-----")]
    [InlineData("", """{"choices":null}""", "b-----")]
    [InlineData("", """[1]""", "b-----")]
    [InlineData("", """{"error":{"message":"m","type":"server_error"}}""", "b--f--")]
    [InlineData("", """{"error":null,"choices":[]}""", "b-----")]
    [InlineData("error", """{"message":"m","code":"x"}""", "b--f--")]
    [InlineData("", "[DONE]", "--t---")]
    [InlineData("", "{\"broken\": ", "bo----")]
    public void Each_chunk_means_what_the_protocol_says(string name, string data, string state) =>
        Assert.Equal(state, new Followed("openai-chat").Sees(name, data).State);

    [Fact]
    public void Only_when_every_choice_that_began_is_finished_the_closing_alone_is_missing()
    {
        var stream = new Followed("openai-chat")
            .Sees("", """{"id":"chatcmpl-7","model":"m","choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}""")
            .Sees("", """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");

        Assert.Equal("bo----", stream.State);
        stream.Sees("", """{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}""");
        Assert.Equal(("bo--c-", "data: [DONE]\n\n"), (stream.State, stream.Closing()));
        stream.Sees("", """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}""").Sees("", "[DONE]");
        Assert.Equal(("bot-c-", new TokenUsage(9, 2, 0, 0)), (stream.State, stream.Follower.Usage));
    }

    [Theory]
    [InlineData("data: [DONE] \n\n", "data: [DONE]\n\n")]
    [InlineData("data:[DONE]\n\n", "data: [DONE]\n\n")]
    [InlineData("data: [DONE]\n\n", null)]
    [InlineData("data:\n\n", "")]
    [InlineData("data: \n\n", "")]
    [InlineData(": comment\n\n", null)]
    [InlineData("\n", null)]
    [InlineData("data:{\"choices\":[]}\n\n", "data: {\"choices\":[]}\n\n")]
    [InlineData("event: x\n\n", "")]
    public void What_clients_cannot_take_is_replaced_or_dropped(string frame, string? replacement) =>
        Assert.Equal(replacement, new Followed("openai-chat").See(frame));

    [Theory]
    [InlineData(KeepAliveForm.Comment, ": keepalive\n\n")]
    [InlineData(KeepAliveForm.Ping, ": keepalive\n\n")]
    [InlineData(KeepAliveForm.Event, ": keepalive\n\n")]
    [InlineData(KeepAliveForm.Blank, "\n")]
    public void A_keepalive_is_a_comment_or_a_blank_line(KeepAliveForm form, string bytes) =>
        Assert.Equal(bytes, new Followed("openai-chat").KeepAlive(form));
}
