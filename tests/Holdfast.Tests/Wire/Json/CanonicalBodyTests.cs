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

    /// <summary>A stream of another form is another stream, and the same turn.</summary>
    [Theory]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_usage":true}}""", true)]
    [InlineData("""{"stream_options":{"include_usage":true},"model":"m","stream":true}""", true)]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_usage":false}}""", false)]
    [InlineData("""{"model":"m","stream":true}""", false)]
    public void The_options_of_a_stream_are_told_apart_from_what_is_asked(string other, bool isAlike)
    {
        const string stream = """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""";

        Assert.Equal(Hash(stream), Hash(other));
        Assert.Equal(isAlike, Read(stream)!.Value.Options == Read(other)!.Value.Options);
    }

    private static UInt128? Hash(string body) => Read(body)?.Hash;

    private static CanonicalBody? Read(string body) => CanonicalBody.Read(new(Encoding.UTF8.GetBytes(body)));
}
