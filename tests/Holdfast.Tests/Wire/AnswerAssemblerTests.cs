using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Wire;

/// <summary>A streamed answer, put together, is the answer the provider gives without streaming.</summary>
public sealed class AnswerAssemblerTests
{
    public static TheoryData<string, int, int, bool> Shapes
    {
        get
        {
            var data = new TheoryData<string, int, int, bool>();
            foreach (var form in Forms)
            {
                foreach (var (deltas, thinking) in new[] { (0, 0), (1, 0), (7, 0), (7, 3), (1, 1), (0, 2) })
                {
                    data.Add(form, deltas, thinking, false);
                    data.Add(form, deltas, thinking, deltas > 0);
                }
            }

            return data;
        }
    }

    /// <summary>The four protocols, Gemini in both framings.</summary>
    public static TheoryData<string> Forms => [.. SampleRequests.Protocols, "gemini array"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_events_give_the_whole_answer(string form, int deltas, int thinking, bool callsTool)
    {
        var shape = new TranscriptShape
        {
            Deltas = SimulatorText.Deltas(deltas, null),
            Thinking = SimulatorText.Thoughts(thinking),
            ToolCall = callsTool,
        };

        var answer = Assembled.Of(Protocol(form), FramesOf(form, shape));

        Assembled.AssertSame(Transcript.WholeOf(Simulated(form), shape), answer);
    }

    /// <summary>Thinking with its signature, a tool with its input in pieces, citations, and what the end adds.</summary>
    [Fact]
    public void Every_kind_of_block_is_put_together()
    {
        var answer = Assembled.Of("anthropic",
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
    [InlineData("""{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}""")]
    [InlineData("""{"type":"content_block_delta","index":0,"index":0,"delta":{"type":"text_delta","text":"x"}}""")]
    [InlineData("""[]""")]
    [InlineData("""{"broken":""")]
    public void What_it_does_not_understand_gives_no_answer_rather_than_half_of_one(string strange)
    {
        var answer = Assembled.Of("anthropic",
        [
            """{"type":"message_start","message":{"id":"m","content":[]}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            strange,
            """{"type":"message_stop"}""",
        ]);

        Assert.Null(answer);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Events_that_stop_before_the_last_one_give_none(string form)
    {
        var frames = FramesOf(form, new());
        for (var count = 0; count < frames.Count; count++)
        {
            Assert.Null(Assembled.Of(Protocol(form), frames.Take(count)));
        }
    }

    private static List<byte[]> FramesOf(string form, TranscriptShape shape)
    {
        var isArray = form.EndsWith("array", StringComparison.Ordinal);
        var transcript = Transcript.Of(Simulated(form), shape with { IncludeUsage = true, JsonArray = isArray });
        if (!isArray)
        {
            return [.. transcript.Events.Select(e => e.Bytes.ToArray())];
        }

        var frames = new List<byte[]>();
        var framer = new JsonArrayFramer();
        var rest = transcript.Bytes.Span.TrimEnd((byte)'\n');
        while (!rest.IsEmpty)
        {
            var length = framer.FindEnd(rest);
            frames.Add(rest[..length].ToArray());
            rest = rest[length..];
        }

        return frames;
    }

    private static string Protocol(string form) => form.Split(' ')[0];

    private static SimulatedProtocol Simulated(string form) => Protocol(form) switch
    {
        "anthropic" => SimulatedProtocol.Anthropic,
        "openai-chat" => SimulatedProtocol.Chat,
        "openai-responses" => SimulatedProtocol.Responses,
        _ => SimulatedProtocol.Gemini,
    };
}
