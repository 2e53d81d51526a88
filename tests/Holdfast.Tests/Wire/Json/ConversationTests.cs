using System.Buffers;
using System.Text;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Wire.Json;

/// <summary>A request that goes on where another was cut off holds the same conversation, and more.</summary>
public sealed class ConversationTests
{
    private const string First = """{"model":"m","system":"s","stream":true,"max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"system","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]}]}""";

    [Theory]
    [InlineData("""{"system":"s","model":"m","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"assistant","content":"c"},{"role":"user","content":"d"}]}""", true)]
    [InlineData("""{"system":"s","model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"system","content":"b"},{"role":"assistant","content":"c"}]}""", true)]
    [InlineData("""{"system":"s","model":"m","messages":[{"role":"user","content":"a"},{"role":"system","content":"other"},{"role":"assistant","content":"c"}]}""", false)]
    [InlineData("""{"system":"s","model":"m","messages":[{"role":"system","content":"b"},{"role":"user","content":"a"},{"role":"assistant","content":"c"}]}""", false)]
    [InlineData("""{"system":"s","model":"other","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"assistant","content":"c"}]}""", false)]
    [InlineData("""{"system":"other","model":"m","messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"assistant","content":"c"}]}""", false)]
    public void The_beginning_of_a_longer_conversation_is_recognised(string longer, bool isBeginning)
    {
        var (first, second) = (Read(First)!, Read(longer)!);

        Assert.Equal(2, first.Ends.Length);
        Assert.Equal(isBeginning, first.Rest == second.Rest && first.Ends[1] == second.Ends[1]);
    }

    /// <summary>A user who interrupts an answer and says something new has moved on.</summary>
    [Theory]
    [InlineData("""{"messages":[1,{"role":"assistant","content":[]},{"role":"user","content":"Your response above was cut off mid-stream. Resume"}]}""", 0)]
    [InlineData("""{"messages":[1,{"role":"assistant","content":[]},{"role":"user","content":[{"type":"text","text":"Your response above was cut off mid-stream."}]}]}""", 0)]
    [InlineData("""{"messages":[1,{"role":"assistant","content":[]},{"role":"user","content":"Now something else."}]}""", null)]
    [InlineData("""{"messages":[1,{"role":"user","content":[]},{"role":"user","content":"Your response above was cut off mid-stream."}]}""", null)]
    [InlineData("""{"input":[{"role":"user"},{"type":"reasoning"},{"type":"message","role":"assistant"}]}""", 0)]
    [InlineData("""{"input":[{"role":"user"},{"type":"message","role":"assistant"},{"role":"user"}]}""", null)]
    [InlineData("""{"input":[{"role":"user"},{"type":"function_call"},{"type":"function_call_output"}]}""", null)]
    [InlineData("""{"input":[{"role":"assistant"}]}""", null)]
    public void A_part_of_an_answer_and_the_wish_to_go_on_tell_which_question_it_was(string body, int? question) =>
        Assert.Equal(question, Read(body)!.Question);

    [Theory]
    [InlineData("{")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("""{"model":"m"}""")]
    [InlineData("""{"messages":"none"}""")]
    public void What_holds_no_conversation_is_none(string body) => Assert.Null(Read(body));

    private static Conversation? Read(string body) => Conversation.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));
}
