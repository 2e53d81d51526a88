using System.Text.Json;
using Holdfast.FunctionalTests.ByteFidelity;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Recordings;

/// <summary>What a turn says, in every place where something can be said, in the words of any protocol.</summary>
/// <param name="Prompt">What the user asks.</param>
/// <param name="System">The system prompt.</param>
/// <param name="Arguments">The argument of a tool call before it.</param>
/// <param name="Result">What the tool answered.</param>
/// <param name="Reply">What the model answers.</param>
internal sealed record Conversation(
    string Prompt = "prompt-words", string System = "system-words", string Arguments = "/argument/words.cs", string Result = "result-words",
    string Reply = "reply-words")
{
    /// <summary>Everything that is said.</summary>
    public IReadOnlyList<string> Words => [Prompt, System, Arguments, Result, Reply];

    /// <summary>Everything but the answer.</summary>
    public IReadOnlyList<string> Asked => [Prompt, System, Arguments, Result];

    public string PathOf(string protocol, bool stream) => SampleRequests.Turn(protocol, "test", stream).Path;

    /// <summary>The request's body.</summary>
    public string BodyOf(string protocol, bool stream)
    {
        var flag = stream ? "true" : "false";
        var (prompt, system, path, result) = (Text(Prompt), Text(System), Text(Arguments), Text(Result));
        var call = Text($$$$"""{"path":{{{{path}}}}}""");
        return protocol switch
        {
            "anthropic" =>
                $$$$"""
                {"model":"test","max_tokens":64,"stream":{{{{flag}}}},"system":{{{{system}}}},
                "tools":[{"name":"read_file","description":{{{{system}}}},"input_schema":{"type":"object"}}],"messages":[
                {"role":"user","content":{{{{prompt}}}}},
                {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"read_file","input":{"path":{{{{path}}}}}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":{{{{result}}}}}]}]}
                """,
            "openai-chat" =>
                $$$$"""
                {"model":"test","stream":{{{{flag}}}},"messages":[{"role":"system","content":{{{{system}}}}},{"role":"user","content":{{{{prompt}}}}},
                {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"read_file","arguments":{{{{call}}}}}}]},
                {"role":"tool","tool_call_id":"call_1","content":{{{{result}}}}}]}
                """,
            "openai-responses" =>
                $$$$"""
                {"model":"test","stream":{{{{flag}}}},"instructions":{{{{system}}}},"input":[
                {"type":"message","role":"user","content":[{"type":"input_text","text":{{{{prompt}}}}}]},
                {"type":"function_call","call_id":"call_1","name":"read_file","arguments":{{{{call}}}}},
                {"type":"function_call_output","call_id":"call_1","output":{{{{result}}}}}]}
                """,
            _ =>
                $$$$"""
                {"systemInstruction":{"parts":[{"text":{{{{system}}}}}]},"contents":[{"role":"user","parts":[{"text":{{{{prompt}}}}}]},
                {"role":"model","parts":[{"functionCall":{"name":"read_file","args":{"path":{{{{path}}}}}}}]},
                {"role":"user","parts":[{"functionResponse":{"name":"read_file","response":{"output":{{{{result}}}}}}}]}]}
                """,
        };
    }

    /// <summary>The upstream's answer: 25 tokens in, 20 out.</summary>
    public Answer AnswerOf(string protocol, bool stream) => stream
        ? Answer.Sse(Transcript.Of(SampleStreams.Of(protocol), new() { Model = "test", IncludeUsage = true, Deltas = [Reply, " and", " mo", "re"] }))
        : Answer.Json(protocol switch
        {
            "anthropic" =>
                $$$$"""
                {"id":"msg_1","type":"message","role":"assistant","model":"test","content":[{"type":"text","text":{{{{Text(Reply)}}}}}],
                "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":20}}
                """,
            "openai-chat" =>
                $$$$"""
                {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"test","choices":[{"index":0,"message":
                {"role":"assistant","content":{{{{Text(Reply)}}}}},"finish_reason":"stop"}],
                "usage":{"prompt_tokens":25,"completion_tokens":20,"total_tokens":45}}
                """,
            "openai-responses" =>
                $$$$"""
                {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"test","output":[{"id":"msg_1","type":"message",
                "status":"completed","role":"assistant","content":[{"type":"output_text","text":{{{{Text(Reply)}}}},"annotations":[]}]}],
                "usage":{"input_tokens":25,"output_tokens":20,"total_tokens":45}}
                """,
            _ =>
                $$$$"""
                {"candidates":[{"content":{"parts":[{"text":{{{{Text(Reply)}}}}}],"role":"model"},"finishReason":"STOP","index":0}],
                "usageMetadata":{"promptTokenCount":25,"candidatesTokenCount":20,"totalTokenCount":45},"modelVersion":"test","responseId":"r"}
                """,
        });

    /// <summary>Asks and hears the answer out.</summary>
    public async Task<string> AskAsync(
        TestGateway gateway, string protocol = "anthropic", bool stream = true, params (string, string)[] headers)
    {
        await using var client = await gateway.ConnectAsync();
        var head = await client.RequestAsync("POST", PathOf(protocol, stream), BodyOf(protocol, stream), headers);
        await client.ReadToEndAsync();
        return head.Header("holdfast-exchange")!;
    }

    private static string Text(string text) => JsonSerializer.Serialize(text);
}
