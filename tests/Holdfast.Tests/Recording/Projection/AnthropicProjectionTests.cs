using Holdfast.Recording.Projection;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Recording.Projection;

public sealed class AnthropicProjectionTests : IDisposable
{
    private const string Request =
        """
        {"model":"claude-opus-5-5","system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.329.136; cc_entrypoint=sdk-cli;"},
        {"type":"text","text":"You are an agent.\n\n# Environment\n - Primary working directory: /home/jo/shop\n  - Is a git repository: true\n\ngitStatus: This is the git status.\n\nCurrent branch: feature/x\n\nMain branch: main"}],
        "tools":[{"name":"Read","input_schema":{"type":"object"}}],
        "metadata":{"user_id":"{\"device_id\":\"d-1\",\"account_uuid\":\"a-1\",\"session_id\":\"s-1\"}"},
        "messages":[
          {"role":"user","content":[{"type":"text","text":"Look at this"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAA"}},
            {"type":"document","title":"plan.pdf","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0xLjQ"}}]},
          {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"c2ln"},{"type":"redacted_thinking","data":"b3BhcXVl"},
            {"type":"tool_use","id":"toolu_1","name":"Read","input":{"path":"a.cs"}},
            {"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"query":"q"},"caller":{"type":"code_execution_20260120"}},
            {"type":"web_search_tool_result","tool_use_id":"srv_1","content":[{"type":"web_search_result","title":"Found","url":"https://example.org","encrypted_content":"enc"}]},
            {"type":"fallback","from":"a","to":"b"}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"no such file"},{"type":"image","source":{"type":"base64","data":"AAAA"}}]}]}]}
        """;

    private const string Answer =
        """
        {"id":"msg_01A","type":"message","role":"assistant","model":"claude-opus-5-5-20260901","content":[
        {"type":"thinking","thinking":"Again","signature":"c2lnMg"},{"type":"text","text":"Not there."},
        {"type":"tool_use","id":"toolu_2","name":"Read","input":{"path":"b.cs"}}],"stop_reason":"tool_use",
        "usage":{"input_tokens":12,"cache_creation_input_tokens":900,"cache_read_input_tokens":48000,"output_tokens":210,"output_tokens_details":{"thinking_tokens":120}}}
        """;

    private readonly Projections _projections = new();

    public void Dispose() => _projections.Dispose();

    [Fact]
    public void Every_part_of_question_and_answer_is_a_row()
    {
        var rows = _projections.Turn("anthropic", Request, Answer);

        Assert.Equal(
            [
                "user text: Look at this", "user image: ", "user file: plan.pdf",
                "assistant reasoning: Hm", "assistant reasoning: ", "assistant tool_call: Read", "assistant tool_call: web_search",
                "assistant tool_result: Found\nhttps://example.org", "assistant fallback: ",
                "user tool_result: no such file",
                "assistant reasoning: Again", "assistant text: Not there.", "assistant tool_call: Read",
            ],
            rows.Told());
        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 3, 3, 3], rows.Select(row => row.MessageIndex));
        Assert.Equal([0, 1, 2, 0, 1, 2, 3, 4, 5, 0, 0, 1, 2], rows.Select(row => row.PartIndex));
        Assert.All(rows, row => Assert.Equal($"{row.MessageId}#{row.PartIndex}", row.PartId));
    }

    [Fact]
    public void Calls_results_and_signatures_have_their_columns()
    {
        var rows = _projections.Turn("anthropic", Request, Answer);

        var call = rows[5];
        Assert.Equal(("toolu_1", """{"path":"a.cs"}""", "tool_use"), (call.ToolCallId, call.ToolArgs, call.ProviderType));
        Assert.Equal("code_execution_20260120", rows[6].CallerType);
        Assert.Equal("c2ln", rows[3].ThinkingSignature);
        Assert.Equal(("toolu_1", true, "error"), (rows[9].ToolResultFor, rows[9].IsError, rows[9].Status("tool_status")));
        Assert.Equal(("srv_1", false, "success"), (rows[7].ToolResultFor, rows[7].IsError, rows[7].Status("tool_status")));
        Assert.Equal("base64", rows[1].ProviderSubtype);
    }

    [Fact]
    public void The_last_part_of_the_answer_carries_its_tokens_and_why_it_stopped()
    {
        var rows = _projections.Turn("anthropic", Request, Answer);

        Assert.Equal([rows[^1]], rows.Carriers());
        Assert.Equal(new TokenUsage(12, 210, 48000, 900), rows.Tokens());
        Assert.Equal((120, 49122), (rows.Sum("reasoning_tokens"), rows.Sum("total_tokens")));
        Assert.Equal("tool_use", rows[^1].Status("finish_reason"));
        Assert.Equal(("msg_01A", "claude-opus-5-5-20260901"), (rows[^1].ProviderUuid, rows[^1].Model));
    }

    [Fact]
    public void What_Claude_Code_states_of_itself_stands_on_its_rows()
    {
        var row = _projections.Turn("anthropic", Request, Answer)[0];

        Assert.Equal(("/home/jo/shop", "feature/x", "sdk-cli", "a-1"), (row.Cwd, row.GitBranch, row.Entrypoint, row.UserId));
        Assert.StartsWith("You are an agent.", row.SystemText, StringComparison.Ordinal);
        Assert.Equal("""[{"name":"Read","input_schema":{"type":"object"}}]""", row.Tools);
    }

    [Theory]
    [InlineData("""{"device_id":"d-1","account_uuid":"","session_id":"s"}""", "d-1")]
    [InlineData("user_4f_account_a-2_session_s-9", "a-2")]
    [InlineData("user_4f_account__session_s-9", "user_4f")]
    [InlineData("jo@example.org", "jo@example.org")]
    [InlineData("""{"session_id":"s"}""", null)]
    public void A_user_is_told_as_the_request_states_it(string stated, string? expected)
    {
        var id = System.Text.Json.JsonSerializer.Serialize(stated);

        var rows = _projections.Turn("anthropic", $$$"""{"metadata":{"user_id":{{{id}}}},"messages":[{"role":"user","content":"hi"}]}""", null);

        Assert.Equal(expected, rows[0].UserId);
    }

    [Fact]
    public void The_directory_header_goes_before_the_clients_own_statement()
    {
        var input = new ProjectionInput { Request = Projections.Bytes(Request), Directory = "/home/jo/other" };

        Assert.Equal("/home/jo/other", _projections.Of(_projections.Exchange(), input)[0].Cwd);
    }

    [Fact]
    public void A_refusal_without_a_word_is_told_by_the_row_that_stands_for_the_exchange()
    {
        var rows = _projections.Turn("anthropic", """{"messages":[{"role":"user","content":"hi"}]}""",
            """{"type":"message","id":"msg_1","content":[],"stop_reason":"refusal","stop_details":{"category":"cyber","explanation":"No."},"usage":{"input_tokens":5,"output_tokens":0}}""");

        Assert.Equal(["user text: hi", "assistant exchange: "], rows.Told());
        Assert.Equal(("refusal", "cyber", "No."), (rows[1].Status("finish_reason"), rows[1].Status("error_code"), rows[1].Status("error_message")));
        Assert.Equal(("ex-1#0", 5), (rows[1].PartId, rows.Sum("input_tokens")));
    }

    [Theory]
    [InlineData("end_turn", "stop")]
    [InlineData("stop_sequence", "stop")]
    [InlineData("max_tokens", "length")]
    [InlineData("pause_turn", "pause")]
    [InlineData("refusal", "refusal")]
    [InlineData("model_context_window_exceeded", "model_context_window_exceeded")]
    public void Why_it_stopped_is_told_in_one_vocabulary(string reason, string expected)
    {
        var rows = _projections.Turn("anthropic", """{"messages":[]}""",
            $$"""{"content":[{"type":"text","text":"x"}],"stop_reason":"{{reason}}"}""");

        Assert.Equal(expected, rows[^1].Status("finish_reason"));
    }
}
