using System.Buffers;
using System.Text;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Wire.Json;

public sealed class ConversationPeekTests
{
    [Theory]
    [InlineData("""{"metadata":{"user_id":"u1"},"messages":[{"content":"a"}]}""", ConversationMark.User)]
    [InlineData("""{"metadata":{"user_id":""},"messages":[{"content":"a"}]}""", ConversationMark.Prefix)]
    [InlineData("""{"metadata":null,"messages":[{"content":"a"}]}""", ConversationMark.Prefix)]
    [InlineData("""{"prompt_cache_key":"k","input":"a"}""", ConversationMark.CacheKey)]
    [InlineData("""{"input":"a"}""", ConversationMark.Prefix)]
    [InlineData("""{"contents":[{"parts":[{"text":"a"}]}]}""", ConversationMark.Prefix)]
    [InlineData("""{"model":"m"}""", ConversationMark.None)]
    [InlineData("""{"messages":""", ConversationMark.None)]
    [InlineData("""[]""", ConversationMark.None)]
    public void A_conversation_is_known_by_the_surest_mark_its_body_has(string body, ConversationMark mark) =>
        Assert.Equal(mark, Read(body).Mark);

    [Theory]
    [InlineData("""{"system":"s","messages":[{"content":"a"}]}""", """{"system":"s","messages":[{"content":"a"},{"content":"b"}]}""", true)]
    [InlineData("""{"system":"s","messages":[{"content":"a"}]}""", """{"system":"s","messages":[{"content":"b"}]}""", false)]
    [InlineData("""{"system":"s","messages":[{"content":"a"}]}""", """{"system":"t","messages":[{"content":"a"}]}""", false)]
    [InlineData("""{"input":[{"content":"a"}],"tools":[1]}""", """{"input":[{"content":"a"},{"content":"c"}],"tools":[1]}""", true)]
    [InlineData("""{"metadata":{"user_id":"u"},"messages":[1]}""", """{"metadata":{"user_id":"u"},"messages":[2]}""", true)]
    [InlineData("""{"metadata":{"user_id":"u"},"messages":[1]}""", """{"metadata":{"user_id":"v"},"messages":[1]}""", false)]
    public void Turns_of_one_conversation_have_one_hash_and_others_another(string one, string other, bool isSame) =>
        Assert.Equal(isSame, Read(one).Hash == Read(other).Hash);

    private static ConversationPeek Read(string body) =>
        ConversationPeek.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));
}
