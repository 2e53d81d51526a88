using System.Text.Json;
using Holdfast.Wire.Protocols;
using Holdfast.Wire.Turns;

namespace Holdfast.Tests.Wire.Turns;

/// <summary>What was said is read into one shape, whichever protocol it was said in.</summary>
public sealed class TurnReadingTests
{
    /// <summary>The same turn four times: a system prompt, a question, a call with its result, and a thoughtful answer that calls
    /// again.</summary>
    public static TheoryData<string, string, string> SameTurn => new()
    {
        {
            "anthropic",
            """
            {"model":"asked","system":[{"type":"text","text":"Be brief."}],"tools":[{"name":"read"}],"messages":[
            {"role":"user","content":"What is in a?"},
            {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"read","input":{"path":"a"}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"words"}]}]}]}
            """,
            """
            {"id":"m1","model":"served","stop_reason":"tool_use","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},
            {"type":"text","text":"And b?"},{"type":"tool_use","id":"c2","name":"read","input":{"path":"b"}}]}
            """
        },
        {
            "openai-chat",
            """
            {"model":"asked","tools":[{"type":"function","function":{"name":"read"}}],"messages":[
            {"role":"system","content":"Be brief."},{"role":"user","content":"What is in a?"},
            {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"words"}]}
            """,
            """
            {"id":"m1","model":"served","choices":[{"finish_reason":"tool_calls","message":{"reasoning_content":"Hm.",
            "reasoning_details":[{"signature":"s"}],"content":"And b?",
            "tool_calls":[{"id":"c2","type":"function","function":{"name":"read","arguments":"{\"path\":\"b\"}"}}]}}]}
            """
        },
        {
            "openai-responses",
            """
            {"model":"asked","instructions":"Be brief.","tools":[{"type":"function","name":"read"}],"input":[
            {"type":"message","role":"user","content":[{"type":"input_text","text":"What is in a?"}]},
            {"type":"function_call","call_id":"c1","name":"read","arguments":"{\"path\":\"a\"}"},
            {"type":"function_call_output","call_id":"c1","output":"words"}]}
            """,
            """
            {"id":"m1","model":"served","status":"completed","output":[
            {"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}],"encrypted_content":"s"},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"And b?"}]},
            {"type":"function_call","call_id":"c2","name":"read","arguments":"{\"path\":\"b\"}"}]}
            """
        },
        {
            "gemini",
            """
            {"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"functionDeclarations":[{"name":"read"}]}],"contents":[
            {"role":"user","parts":[{"text":"What is in a?"}]},
            {"role":"model","parts":[{"functionCall":{"id":"c1","name":"read","args":{"path":"a"}}}]},
            {"role":"user","parts":[{"functionResponse":{"id":"c1","name":"read","response":{"output":"words"}}}]}]}
            """,
            """
            {"responseId":"m1","modelVersion":"served","candidates":[{"finishReason":"STOP","content":{"role":"model","parts":[
            {"text":"Hm.","thought":true,"thoughtSignature":"s"},{"text":"And b?"},
            {"functionCall":{"id":"c2","name":"read","args":{"path":"b"}}}]}}]}
            """
        },
    };

    [Theory]
    [MemberData(nameof(SameTurn))]
    public void The_same_turn_reads_alike_in_every_protocol(string protocol, string request, string answer)
    {
        var turn = Read(protocol, request, answer);

        Assert.Equal(("Be brief.", "served", "tool_use"), (turn.SystemText, turn.Model, turn.FinishReason));
        Assert.Equal(JsonValueKind.Array, turn.Tools.ValueKind);
        Assert.Equal(["text: What is in a?", "tool_call: c1 read path=a", "tool_result: c1 words"], PartsOf(turn.Request).Select(Told));
        Assert.Equal(["reasoning: Hm.", "text: And b?", "tool_call: c2 read path=b"], PartsOf(turn.Answer).Select(Told));
        Assert.Equal("s", PartsOf(turn.Answer).First().Signature);
        Assert.Equal("user", turn.Request[0].Role);
        Assert.All(turn.Answer, message => Assert.Equal("assistant", message.Role));
    }

    [Fact]
    public void Every_protocol_reads_the_bodies_of_every_other_without_a_throw()
    {
        string[] strange = ["null", "[]", "3", "\"text\"", "{}", """{"messages":3,"input":{},"contents":"x","content":null,"choices":[7],"output":[[]]}"""];
        var bodies = SameTurn.SelectMany(row => new[] { row.Data.Item2, row.Data.Item3 }).Concat(strange).ToList();

        foreach (var protocol in WireProtocols.All)
        {
            foreach (var (asked, answered) in bodies.SelectMany(asked => bodies.Select(answered => (asked, answered))))
            {
                var turn = Read(protocol.Name, asked, answered);

                Assert.All(PartsOf(turn.Request).Concat(PartsOf(turn.Answer)), part => Assert.NotNull(part.Kind));
            }
        }
    }

    private static NeutralTurn Read(string protocol, string request, string answer)
    {
        var turn = new NeutralTurn();
        var reader = WireProtocols.All.Single(one => one.Name == protocol);
        reader.ReadRequest(JsonDocument.Parse(request).RootElement, turn);
        reader.ReadAnswer(JsonDocument.Parse(answer).RootElement, turn);
        return turn;
    }

    private static IEnumerable<NeutralPart> PartsOf(IEnumerable<NeutralMessage> messages) => messages.SelectMany(message => message.Parts);

    /// <summary>Kind and content of a part.</summary>
    private static string Told(NeutralPart part)
    {
        string?[] said =
        [
            part.CallId ?? part.ResultFor,
            part.ToolName is not null && part.CallId is not null ? part.ToolName : null,
            part.Text, Argument(),
        ];
        return $"{part.Kind}: {string.Join(' ', said.OfType<string>())}";

        string? Argument()
        {
            var arguments = part.Arguments.ValueKind == JsonValueKind.String
                ? JsonDocument.Parse(part.Arguments.GetString()!).RootElement
                : part.Arguments;
            return arguments.ValueKind == JsonValueKind.Object ? $"path={arguments.GetProperty("path").GetString()}" : null;
        }
    }
}
