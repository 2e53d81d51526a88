using System.Buffers;
using System.Text;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;
using Holdfast.Wire.Usage;

namespace Holdfast.Tests.Wire.Json;

/// <summary>Whether a whole answer is whole, and the little that is read out of it.</summary>
public sealed class AnswerPeekTests
{
    private const string Answer =
        """{"id":"x","model":"m","content":[{"usage":{"input_tokens":9}},"[{\"é"],"usage":{"input_tokens":25,"output_tokens":15},"n":-1.5e3}""";

    [Fact]
    public void Every_cut_answer_is_seen_to_be_cut()
    {
        var bytes = Encoding.UTF8.GetBytes(Answer);

        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.True(Read(WireProtocols.Anthropic, bytes.AsMemory(0, length)).IsCut);
        }

        Assert.False(Read(WireProtocols.Anthropic, bytes).IsCut);
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("[1,2]\n", false)]
    [InlineData("\"text\"", false)]
    [InlineData("", true)]
    [InlineData("{\"a\":", true)]
    [InlineData("<html>", false)]
    public void Cut_is_the_beginning_of_a_document_and_nothing_else(string body, bool isCut) =>
        Assert.Equal(isCut, Read(WireProtocols.OpenAIChat, Encoding.UTF8.GetBytes(body)).IsCut);

    [Fact]
    public void Model_and_tokens_stand_at_the_top_only()
    {
        var peek = Read(WireProtocols.Anthropic, Encoding.UTF8.GetBytes(Answer));

        Assert.Equal(("m", new TokenUsage(25, 15, 0, 0)), (peek.Model, peek.Usage));
    }

    [Theory]
    [InlineData("""{"modelVersion":"g","usageMetadata":{"promptTokenCount":5}}""", "g")]
    [InlineData("""{"model":null}""", null)]
    [InlineData("""{"model":{"id":1},"usage":"none"}""", null)]
    public void Odd_answers_are_read_without_an_exception(string body, string? model)
    {
        var peek = Read(WireProtocols.Gemini, Encoding.UTF8.GetBytes(body));

        Assert.Equal((false, model), (peek.IsCut, peek.Model));
    }

    private static AnswerPeek Read(WireProtocol protocol, ReadOnlyMemory<byte> body) =>
        AnswerPeek.Read(protocol, new ReadOnlySequence<byte>(body));
}
