using System.Buffers;
using System.Text;
using Holdfast.Wire.Anthropic;

namespace Holdfast.Tests.Wire;

/// <summary>A client that has the first blocks of a message gets the others, and nothing that is not certain.</summary>
public sealed class MessageRestTests
{
    private const string Start = """event: message_start¶data: {"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}}¶¶""";
    private const string End = """event: message_delta¶data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}¶¶event: message_stop¶data: {"type":"message_stop"}¶¶""";

    private static readonly string Text = Block(0, """{"type":"text","text":""}""", """{"type":"text_delta","text":"one"}""");
    private static readonly string Tool = Block(1, """{"type":"tool_use","id":"t","name":"read","input":{}}""", """{"type":"input_json_delta","partial_json":"{\"a\":1}"}""");
    private static readonly string LastText = Block(2, """{"type":"text","text":""}""", """{"type":"text_delta","text":"two"}""");
    private static readonly string Thinking = Block(1, """{"type":"thinking","thinking":"","signature":""}""", """{"type":"signature_delta","signature":"s"}""");

    [Fact]
    public void The_blocks_behind_those_it_has_are_counted_from_0_and_every_other_byte_is_as_it_came()
    {
        var rest = RestOf("""{"type":"text","text":"one"}""", Start, Text, "event: ping¶data: {\"type\": \"ping\"}¶¶", Tool, LastText, End);

        Assert.Equal(Lines(Start + Tool.Replace("\"index\":1", "\"index\":0", StringComparison.Ordinal)
            + LastText.Replace("\"index\":2", "\"index\":1", StringComparison.Ordinal) + End), rest);
    }

    [Fact]
    public void Several_blocks_may_be_there_already()
    {
        var rest = RestOf(
            """{"type":"text","text":"one","cache_control":{"type":"ephemeral"}},{"type":"tool_use","id":"t","name":"read","input":{"a":1}}""",
            Start, Text, Tool, LastText, End);

        Assert.Equal(Lines(Start + LastText.Replace("\"index\":2", "\"index\":0", StringComparison.Ordinal) + End), rest);
    }

    /// <summary>A signature stands for all that came before it.</summary>
    [Fact]
    public void Thinking_is_handed_over_only_with_what_came_before_it()
    {
        Assert.Null(RestOf("""{"type":"text","text":"one"}""", Start, Text, Thinking, LastText, End));
        Assert.NotNull(RestOf("""{"type":"text","text":"one"},{"type":"thinking","thinking":"","signature":"s"}""",
            Start, Text, Thinking, LastText, End));
    }

    [Fact]
    public void What_is_not_certain_is_generated_anew()
    {
        Assert.Null(RestOf("""{"type":"text","text":"other"}""", Start, Text, Tool, End));
        Assert.Null(RestOf("""{"type":"text","text":"one"}""", Start, Text, End));
        Assert.Null(RestOf("""{"type":"text","text":"one"}""", Start, Text, Tool));
        Assert.Null(RestOf("""{"type":"text","text":"one"}""", Start, Text, Tool.Replace("\"index\":1", "\"index\"¶data: :1", StringComparison.Ordinal), End));
        Assert.Null(RestOf("""{"type":"text","text":"one"}""", Start, Text, "event: news¶data: {\"type\":\"news\"}¶¶", Tool, End));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"one"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[]},{"role":"user","content":"Your response above was cut off mid-stream."}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"one"},{"role":"user","content":"Your response above was cut off mid-stream."}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"one"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"one"}]},{"role":"user","content":"Now do something else."}]}""")]
    [InlineData("""{"messages":[1,2,3]}""")]
    [InlineData("""{"messages":7}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public void Other_bodies_do_not_ask_to_go_on(string body) =>
        Assert.Null(MessageRest.AskedBy(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body))));

    private static string Block(int index, string start, string delta) =>
        $$"""event: content_block_start¶data: {"type":"content_block_start","index":{{index}},"content_block":{{start}}}¶¶"""
        + $$"""event: content_block_delta¶data: {"type":"content_block_delta","index":{{index}},"delta":{{delta}}}¶¶"""
        + $$"""event: content_block_stop¶data: {"type":"content_block_stop","index":{{index}}}¶¶""";

    private static string Lines(string text) => text.Replace('¶', '\n');

    private static string? RestOf(string blocks, params string[] frames)
    {
        var body = $$"""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{{blocks}}]},{"role":"user","content":"Your response above was cut off mid-stream. Resume."}]}""";
        var rest = MessageRest.AskedBy(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)))!;
        foreach (var frame in Lines(string.Concat(frames)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (!rest.Add(Encoding.UTF8.GetBytes(frame + "\n\n")))
            {
                return null;
            }
        }

        return rest.Finish() is { } found ? string.Concat(found.Select(Encoding.UTF8.GetString)) : null;
    }
}
