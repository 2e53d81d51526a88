using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Simulator;
using Holdfast.Simulator.Transcripts;
using Holdfast.Wire;

namespace Holdfast.Tests.Wire;

/// <summary>A streamed answer, put together, is the answer the provider gives without streaming.</summary>
public sealed class AnswerAssemblerTests
{
    public static TheoryData<string, int> Shapes => new()
    {
        { "anthropic", 0 }, { "anthropic", 1 }, { "anthropic", 7 },
        { "openai-responses", 0 }, { "openai-responses", 1 }, { "openai-responses", 7 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_events_give_the_whole_answer(string protocol, int deltas)
    {
        var shape = new TranscriptShape
        {
            Model = "test",
            Deltas = SimulatorText.Deltas(deltas, null),
            Thinking = SimulatorText.Deltas(deltas / 2, null),
            ToolCall = deltas > 1,
        };

        var answer = Assemble(protocol, Transcript.Of(Simulated(protocol), shape).Events.Select(e => e.Bytes.ToArray()));

        Assert.Equal(
            JsonNode.Parse(Transcript.WholeOf(Simulated(protocol), shape))!.ToJsonString(), JsonNode.Parse(answer!)!.ToJsonString());
    }

    /// <summary>Thinking with its signature, a tool with its input in pieces, citations, and what the end adds.</summary>
    [Fact]
    public void Every_kind_of_block_is_put_together()
    {
        var answer = Assemble("anthropic",
        [
            """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}""",
            """{"type":"ping"}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm "}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"ja"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße <1>"}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"command\":"}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\"ls\"}"}}""",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"u","name":"Now","input":{}}}""",
            """{"type":"content_block_stop","index":3}""",
            """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":42},"context_management":{"applied_edits":[]}}""",
            """{"type":"message_stop"}""",
        ]);

        Assert.Equal(
            """{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"thinking","thinking":"Hm ja","signature":"c2ln"},{"type":"text","text":"Grüße <1>","citations":[{"type":"char_location","cited_text":"x"}]},{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}},{"type":"tool_use","id":"u","name":"Now","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":42},"stop_sequence":null,"context_management":{"applied_edits":[]}}""",
            answer);
    }

    [Theory]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"telepathy_delta","thought":"x"}}""")]
    [InlineData("""{"type":"content_block_delta","index":5,"delta":{"type":"text_delta","text":"x"}}""")]
    [InlineData("""{"type":"hologram"}""")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData("""{"type":"content_block_delta","index":"zero"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"broken":""")]
    public void What_it_does_not_understand_gives_no_answer_rather_than_half_of_one(string strange)
    {
        var answer = Assemble("anthropic",
        [
            """{"type":"message_start","message":{"id":"m","content":[]}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            strange,
            """{"type":"message_stop"}""",
        ]);

        Assert.Null(answer);
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-responses")]
    public void Events_that_stop_before_the_last_one_give_none(string protocol)
    {
        var events = Transcript.Of(Simulated(protocol), new TranscriptShape { Model = "test" }).Events;
        for (var count = 0; count < events.Count; count++)
        {
            Assert.Null(Assemble(protocol, events.Take(count).Select(e => e.Bytes.ToArray())));
        }
    }

    private static string? Assemble(string protocol, IEnumerable<string> data) =>
        Assemble(protocol, data.Select(text => Encoding.UTF8.GetBytes($"event: x\ndata: {text}\n\n")));

    private static string? Assemble(string protocol, IEnumerable<byte[]> frames)
    {
        var assembler = WireProtocol.All.Single(one => one.Name == protocol).Assemble()!;
        foreach (var frame in frames)
        {
            assembler.Add(frame);
        }

        return assembler.Finish() is { } answer ? Encoding.UTF8.GetString(answer) : null;
    }

    private static SimulatedProtocol Simulated(string protocol) =>
        protocol == "anthropic" ? SimulatedProtocol.Anthropic : SimulatedProtocol.Responses;
}
