using System.Text.Json.Nodes;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.Tests.Architecture;
using Holdfast.Wire.Protocols;

namespace Holdfast.Tests.Recording.Projection;

/// <summary>Clients send what was said with every turn: each message has its rows once.</summary>
public sealed class HistoryTests : IDisposable
{
    private const string Hello = """{"role":"user","content":"say hello"}""";

    private readonly Projections _projections = new();

    public static TheoryData<string, int> Agents => new()
    {
        { "claude-code", 2 }, { "codex", 2 }, { "gemini-cli", 2 }, { "opencode-anthropic", 3 }, { "opencode-chat", 3 }, { "opencode-responses", 3 },
    };

    public void Dispose() => _projections.Dispose();

    /// <summary>What the agents sent to the simulator, and what it had answered.</summary>
    [Theory]
    [MemberData(nameof(Agents))]
    public void The_second_turn_of_an_agent_adds_what_its_tool_said_and_the_new_answer(string agent, int requests)
    {
        var path = Path.Combine(Repository.Root, "tests/Holdfast.FunctionalTests/Fixtures/agents", agent + ".json");
        var recorded = JsonNode.Parse(File.ReadAllText(path))!["requests"]!.AsArray();
        Assert.Equal(requests, recorded.Count);
        var rows = new List<IReadOnlyList<MessageRecord>>();

        foreach (var request in recorded)
        {
            var target = (string)request!["path"]!;
            var protocol = WirePath.Parse(target)!.Protocol.Name;
            rows.Add(_projections.Turn(protocol, request["body"]!.ToJsonString(), AnswerOf(protocol, request == recorded[^1]),
                exchange => exchange.Path = target.Split('?')[0]));
        }

        Assert.Equal(["tool_result", "text"], rows[^1].Select(row => row.PartType));
        var ids = rows.SelectMany(one => one).Select(row => row.PartId).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void A_thread_links_each_message_to_the_one_before()
    {
        var first = _projections.Turn("anthropic", Messages(Hello), Text("Hello."));
        var second = _projections.Turn("anthropic", Messages(Hello, Said("Hello."), """{"role":"user","content":"and now?"}"""), Text("Bye."));

        Assert.Equal("[]", first[0].PreviousMessageId);
        Assert.Equal($"[\"{first[0].MessageId}\"]", first[1].PreviousMessageId);
        Assert.Equal(["user text: and now?", "assistant text: Bye."], second.Told());
        Assert.Equal($"[\"{first[1].MessageId}\"]", second[0].PreviousMessageId);
        Assert.Equal((2, 3), (second[0].MessageIndex, second[1].MessageIndex));
    }

    [Fact]
    public void The_same_words_said_again_are_another_message()
    {
        const string GoOn = """{"role":"user","content":"go on"}""";
        _projections.Turn("anthropic", Messages(GoOn), Text("One."));
        var second = _projections.Turn("anthropic", Messages(GoOn, Said("One."), GoOn), Text("Two."));
        var third = _projections.Turn("anthropic", Messages(GoOn, Said("One."), GoOn, Said("Two."), GoOn, GoOn), Text("Three."));

        Assert.Equal(["user text: go on", "assistant text: Two."], second.Told());
        Assert.Equal(["user text: go on", "user text: go on", "assistant text: Three."], third.Told());
    }

    [Fact]
    public void After_a_compaction_only_what_is_new_is_written()
    {
        _projections.Turn("anthropic", Messages(Hello), Text("One."));
        var compacted = _projections.Turn("anthropic", Messages("""{"role":"user","content":"Summary."}""", """{"role":"user","content":"go on"}"""), Text("Two."));

        Assert.Equal(["user text: Summary.", "user text: go on", "assistant text: Two."], compacted.Told());
    }

    /// <summary>Marks of the cache, a list for a text, thinking left out, outputs cleared, blanks cut off.</summary>
    [Fact]
    public void What_clients_change_in_a_history_makes_no_new_message()
    {
        const string Result = """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"long output"}]}""";
        _projections.Turn("anthropic", Messages(Hello),
            """{"id":"m","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"Let me see. ","citations":null},{"type":"tool_use","id":"t1","name":"Read","input":{"path":"a"}}]}""");
        _projections.Turn("anthropic", Messages(Hello, """{"role":"assistant","content":[{"type":"text","text":"Let me see."},{"type":"tool_use","id":"t1","name":"Read","input":{"path":"a"}}]}""", Result), Text("Done."));

        var third = _projections.Turn("anthropic", Messages(
            """{"role":"user","content":[{"type":"text","text":"say hello","cache_control":{"type":"ephemeral"}}]}""",
            """{"role":"assistant","content":[{"type":"text","text":"Let me see."},{"type":"tool_use","id":"t1","name":"Read","input":{"path":"a"}}]}""",
            """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"[cleared]","cache_control":{"type":"ephemeral"}}]}""",
            Said("Done."), """{"role":"user","content":"thanks"}"""), Text("Bye."));

        Assert.Equal(["user text: thanks", "assistant text: Bye."], third.Told());
    }

    [Fact]
    public void The_same_answer_once_more_is_one_row_with_tokens_of_its_own()
    {
        var first = _projections.Turn("anthropic", Messages(Hello), Text("Hello."));
        var again = _projections.Turn("anthropic", Messages(Hello), Text("Hello."));

        Assert.Equal(["assistant text: Hello."], again.Told());
        Assert.Equal((first[1].MessageId, "ex-2#0"), (again[0].MessageId, again[0].PartId));
        Assert.Equal(20, first.Concat(again).Sum("input_tokens"));
    }

    [Fact]
    public void A_turn_answered_from_the_journal_counts_no_tokens()
    {
        _projections.Turn("anthropic", Messages(Hello), Text("Hello."));
        var again = _projections.Turn("anthropic", Messages(Hello), Text("Hello."), exchange => exchange.Reattached = true);

        Assert.Single(again);
        Assert.Empty(again.Carriers());
    }

    [Fact]
    public void The_prompt_and_the_tools_stand_where_they_changed()
    {
        static string Body(string system, string tool, int turn) =>
            $$"""{"system":"{{system}}","tools":[{"name":"{{tool}}"}],"messages":[{"role":"user","content":"turn {{turn}}"}]}""";

        var rows = new[] { Body("a", "t", 1), Body("a", "t", 2), Body("b", "t", 3), Body("a", "u", 4) }
            .Select(body => _projections.Turn("anthropic", body, Text("ok"))).ToList();

        Assert.Equal(["a", null, "b", "a"], rows.Select(one => one[0].SystemText));
        Assert.Equal(["""[{"name":"t"}]""", null, null, """[{"name":"u"}]"""], rows.Select(one => one[0].Tools));
        Assert.All(rows, one => Assert.All(one.Skip(1), row => Assert.Null(row.SystemText ?? row.Tools)));
    }

    [Fact]
    public void Sessions_and_agents_within_one_are_told_apart()
    {
        var one = _projections.Turn("anthropic", Messages(Hello), Text("Hello."));
        var other = _projections.Turn("anthropic", Messages(Hello), Text("Hello."), exchange => exchange.Session = "s-2");
        var agent = _projections.Of(_projections.Exchange(), new()
        {
            Request = Projections.Bytes(Messages(Hello)),
            RequestHeaders = [new("x-claude-code-agent-id", "ag-1"), new("x-claude-code-parent-agent-id", "ag-0"), new("x-claude-code-prompt-id", "p-1")],
        });

        Assert.Equal(5, one.Concat(other).Concat(agent.Take(1)).Select(row => row.MessageId).Distinct().Count());
        Assert.Equal(("ag-1", "ag-0", "p-1", true), (agent[0].AgentId, agent[0].ParentThreadId, agent[0].PromptId, agent[0].IsSidechain));
    }

    [Fact]
    public void Without_a_session_the_first_message_names_it()
    {
        var first = _projections.Turn("openai-chat", Messages(Hello), null, exchange => exchange.Session = null);
        var second = _projections.Turn("openai-chat", Messages(Hello, Said("x"), """{"role":"user","content":"y"}"""), null, exchange => exchange.Session = null);
        var other = _projections.Turn("openai-chat", Messages("""{"role":"user","content":"else"}"""), null, exchange => exchange.Session = null);

        Assert.Equal(first[0].SessionId, second[0].SessionId);
        Assert.NotEqual(first[0].SessionId, other[0].SessionId);
        Assert.Equal("gateway_fallback", first[0].Gateway().GetProperty("identity_source").GetString());
    }

    private static string Messages(params string[] messages) => $$"""{"messages":[{{string.Join(',', messages)}}]}""";

    private static string Said(string text) => $$"""{"role":"assistant","content":[{"type":"text","text":"{{text}}"}]}""";

    private static string Text(string text) =>
        $$$"""{"id":"msg_x","content":[{"type":"text","text":"{{{text}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":2}}""";

    private static string AnswerOf(string protocol, bool isLast)
    {
        var shape = isLast ? new TranscriptShape { Deltas = ["All done."] } : new TranscriptShape { ToolCall = true };
        return Transcript.WholeOf(
            protocol switch
            {
                "anthropic" => SimulatedProtocol.Anthropic,
                "openai-chat" => SimulatedProtocol.Chat,
                "openai-responses" => SimulatedProtocol.Responses,
                _ => SimulatedProtocol.Gemini,
            },
            shape);
    }
}
