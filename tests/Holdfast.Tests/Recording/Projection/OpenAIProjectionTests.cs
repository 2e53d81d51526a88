using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Recording.Projection;

/// <summary>Chat and Responses.</summary>
public sealed class OpenAIProjectionTests : IDisposable
{
    private const string TurnMetadata =
        """{"turn_id":"t","workspaces":{"/other":{},"/home/jo/shop":{"associated_remote_urls":{"origin":"git@example.org:jo/shop.git"},"latest_git_commit_hash":"e2b18565"}}}""";

    private readonly Projections _projections = new();

    public void Dispose() => _projections.Dispose();

    [Fact]
    public void A_chat_with_reasoning_calls_results_and_images_becomes_rows()
    {
        var rows = _projections.Turn("openai-chat",
            """
            {"model":"gpt-5.5","tools":[{"type":"function","function":{"name":"read_file"}}],"messages":[
            {"role":"system","content":"Be brief."},{"role":"developer","content":[{"type":"text","text":"Very."}]},
            {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo","detail":"high"}},
              {"type":"image_url","image_url":{"url":"https://example.org/a.png"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0"}}]},
            {"role":"assistant","content":null,"reasoning_content":"Hm","tool_calls":[{"id":"call_1","type":"function","function":{"name":"read_file","arguments":"{\"path\": \"a\"}"}},
              {"id":"call_2","type":"custom","custom":{"name":"shell","input":"ls -l"}}]},
            {"role":"tool","tool_call_id":"call_1","content":"text of a"},{"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"b"}]}]}
            """,
            """
            {"id":"chatcmpl-1","model":"gpt-5.5-2026","choices":[{"index":0,"message":{"role":"assistant","content":"Done.","refusal":null,
            "tool_calls":[{"id":"call_3","type":"function","function":{"name":"read_file","arguments":"{broken"}}]},"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":900,"completion_tokens":21,"total_tokens":921,"prompt_tokens_details":{"cached_tokens":768},"completion_tokens_details":{"reasoning_tokens":8}}}
            """);

        Assert.Equal(
            [
                "user text: Look", "user image: ", "user image: https://example.org/a.png", "user file: a.pdf",
                "assistant reasoning: Hm", "assistant tool_call: read_file", "assistant tool_call: shell",
                "tool tool_result: text of a", "tool tool_result: b", "assistant text: Done.", "assistant tool_call: read_file",
            ],
            rows.Told());
        Assert.Equal("Be brief.\n\nVery.", rows[0].SystemText);
        Assert.Equal(("""{"path":"a"}""", "\"ls -l\"", "\"{broken\""), (rows[5].ToolArgs, rows[6].ToolArgs, rows[10].ToolArgs));
        Assert.Equal(("call_1", "call_2"), (rows[7].ToolResultFor, rows[8].ToolResultFor));
        Assert.Equal(new TokenUsage(132, 21, 768, 0), rows.Tokens());
        Assert.Equal((8, "tool_use"), (rows.Sum("reasoning_tokens"), rows[^1].Status("finish_reason")));
        Assert.Equal(("openai", "gpt-5.5-2026"), (rows[0].Provider, rows[0].Model));
    }

    [Fact]
    public void A_refusal_in_a_chat_keeps_its_name()
    {
        var rows = _projections.Turn("openai-chat", """{"messages":[{"role":"user","content":"hi"}]}""",
            """{"choices":[{"message":{"content":null,"refusal":"I will not."},"finish_reason":"content_filter"}]}""");

        Assert.Equal("assistant refusal: I will not.", rows.Told()[^1]);
        Assert.Equal("refusal", rows[^1].Status("finish_reason"));
    }

    [Fact]
    public void An_old_completion_has_its_prompt_and_its_text()
    {
        var rows = _projections.Turn("openai-chat", """{"prompt":"Once"}""",
            """{"choices":[{"text":" upon","finish_reason":"stop"}]}""", exchange => exchange.Path = "/v1/completions");

        Assert.Equal(["user text: Once", "assistant text:  upon"], rows.Told());
    }

    [Fact]
    public void Items_of_a_response_become_rows()
    {
        var rows = _projections.Of(_projections.Exchange("openai-responses"), new()
        {
            RequestHeaders = [new("Thread-Id", "thr-1"), new("x-codex-turn-metadata", TurnMetadata)],
            Request = Projections.Bytes(
                """
                {"model":"gpt-5.5-codex","instructions":"You are Codex.","tools":[{"type":"function","name":"shell"}],"input":[
                {"type":"message","role":"developer","content":[{"type":"input_text","text":"Permissions."}]},
                {"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>\n  <cwd>/home/jo/shop/src</cwd>\n  <shell>bash</shell>\n</environment_context>"}]},
                {"type":"message","role":"user","content":[{"type":"input_text","text":"say hello"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo"}]},
                {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Thought"}],"encrypted_content":"gAAAA"},
                {"type":"function_call","call_id":"call_1","name":"shell","arguments":"{\"command\":[\"ls\"]}","namespace":"functions"},
                {"type":"function_call_output","call_id":"call_1","output":[{"type":"input_text","text":"a.cs"}]},
                {"type":"custom_tool_call","call_id":"call_2","name":"apply_patch","input":"*** Begin"},
                {"type":"custom_tool_call_output","call_id":"call_2","output":"ok"}]}
                """),
            Answer = Projections.Bytes(
                """
                {"id":"resp_1","object":"response","status":"completed","model":"gpt-5.5-codex","output":[
                {"type":"reasoning","id":"rs_2","summary":[],"content":[{"type":"reasoning_text","text":"More"}],"encrypted_content":"gBBBB"},
                {"type":"message","id":"msg_1","role":"assistant","phase":"final_answer","content":[{"type":"output_text","text":"Hello."},{"type":"refusal","refusal":"Not more."}]},
                {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}}],
                "usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024},"output_tokens":80,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":1280}}
                """),
        });

        Assert.Equal(
            [
                "user text: <environment_context>\n  <cwd>/home/jo/shop/src</cwd>\n  <shell>bash</shell>\n</environment_context>",
                "user text: say hello", "user image: ", "assistant reasoning: Thought", "assistant tool_call: shell",
                "tool tool_result: a.cs", "assistant tool_call: apply_patch", "tool tool_result: ok",
                "assistant reasoning: More", "assistant text: Hello.", "assistant refusal: Not more.", "assistant tool_call: web_search",
            ],
            rows.Told());
        Assert.Equal("You are Codex.\n\nPermissions.", rows[0].SystemText);
        Assert.Equal(("""{"command":["ls"]}""", "call_1", "functions"), (rows[4].ToolArgs, rows[4].ToolCallId, rows[4].ProviderSubtype));
        Assert.Equal(("gAAAA", "gBBBB"), (rows[3].ThinkingSignature, rows[8].ThinkingSignature));
        Assert.Equal(("final_answer", "completed"), (rows[9].ProviderSubtype, rows[11].Status("tool_status")));
        Assert.Equal([rows[^1]], rows.Carriers());
        Assert.Equal(new TokenUsage(176, 80, 1024, 0), rows.Tokens());
        Assert.Equal((40, "stop"), (rows.Sum("reasoning_tokens"), rows[^1].Status("finish_reason")));
        Assert.Equal(("thr-1", "/home/jo/shop/src", "/home/jo/shop"), (rows[0].ConversationId, rows[0].Cwd, rows[0].RepoRoot));
        Assert.Equal(("git@example.org:jo/shop.git", "e2b18565"), (rows[0].GitRemote, rows[0].HeadSha));
    }

    [Theory]
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}""", "length")]
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}""", "refusal")]
    [InlineData("""{"status":"failed","error":{"code":"server_error","message":"x"},"output":[]}""", "error")]
    [InlineData("""{"status":"completed","output":[{"type":"function_call","call_id":"c","name":"n","arguments":""}]}""", "tool_use")]
    public void A_response_tells_why_it_ended(string answer, string expected)
    {
        var rows = _projections.Turn("openai-responses", """{"input":"hello"}""", answer);

        Assert.Equal("user text: hello", rows.Told()[0]);
        Assert.Equal(expected, rows[^1].Status("finish_reason"));
    }
}
