using System.Buffers;
using System.Text;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Wire.Json;

public sealed class CanonicalBodyTests
{
    private const string Turn = """{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":128000}""";

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":false,"max_tokens":64000}""", true)]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"model":"m"}""", true)]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"model":"m","client_metadata":{"b":1,"a":2}}""", true)]
    [InlineData("""{"model":"n","messages":[{"role":"user","content":"hi"}]}""", false)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi!"}]}""", false)]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":1}""", false)]
    public void A_turn_is_the_same_without_what_clients_change_when_they_ask_again(string other, bool isSame) =>
        Assert.Equal(isSame, Hash(Turn) == Hash(other));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("nonsense")]
    public void What_is_no_object_is_no_turn(string body) => Assert.Null(Hash(body));

    private static UInt128? Hash(string body) => CanonicalBody.Hash(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)));
}
