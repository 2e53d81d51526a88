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

    /// <summary>Whatever the order and the depth, and however the name is spelled.</summary>
    [Theory]
    [InlineData("""{"a":1,"a":2}""", """{"a":2,"a":1}""")]
    [InlineData("""{"a":1,"\u0061":2}""", """{"\u0061":2,"a":1}""")]
    [InlineData("""{"a":1,"b":[[{"c":1,"c":1}]]}""", """{"b":[[{"c":1,"c":1}]],"a":1}""")]
    [InlineData("""{"a":1,"b":{"é":{},"\u00e9":[]}}""", """{"b":{"é":{},"\u00e9":[]},"a":1}""")]
    [InlineData("""{"a":1,"client_metadata":{"c":1,"c":2}}""", """{"a":1,"client_metadata":{"c":2,"c":1}}""")]
    [InlineData("""{"a":1,"stream":true,"stream":false}""", """{"a":1,"stream":false,"stream":true}""")]
    [InlineData("""{"a":1,"max_tokens":1,"max_tokens":2}""", """{"a":1,"max_tokens":2,"max_tokens":1}""")]
    [InlineData("""{"a":1,"a":2}""", """ {"a":1,"a":2}""")]
    [InlineData("""{"a":1,"\ud800":2}""", """{"\ud800":2,"a":1}""")]
    public void A_body_with_a_member_twice_or_a_name_that_is_no_text_equals_only_itself(string one, string other)
    {
        Assert.NotNull(Hash(one));
        Assert.Equal(Read(one), Read(one));
        Assert.NotEqual(Hash(one), Hash(other));
    }

    /// <summary>Names of one object do not count for another, whether it stands beside, above or below.</summary>
    [Theory]
    [InlineData("""{"a":{"a":{"b":1},"b":1},"b":[{"a":1},{"a":1}]}""", """{"b":[{"a":1},{"a":1}],"a":{"a":{"b":1},"b":1}}""")]
    [InlineData("""{"a":[{},{}],"b":"a","c":["b","b"]}""", """{"c":["b","b"],"b":"a","a":[{},{}]}""")]
    public void Members_of_different_objects_may_be_called_the_same(string one, string other) =>
        Assert.Equal(Hash(one), Hash(other));

    /// <summary>A body may come in pieces, and a name stand in two of them.</summary>
    [Fact]
    public void A_member_that_stands_twice_is_seen_wherever_the_body_is_cut()
    {
        var body = Encoding.UTF8.GetBytes("""{"abc":1,"b":{"name":1,"n\u0061me":2}}""");
        for (var cut = 1; cut < body.Length; cut++)
        {
            var first = new Piece(body.AsMemory(0, cut), null);
            var last = new Piece(body.AsMemory(cut), first);

            Assert.Equal(CanonicalBody.Read(new(body)), CanonicalBody.Read(new(first, 0, last, last.Memory.Length)));
        }
    }

    private static UInt128? Hash(string body) => Read(body)?.Hash;

    private static CanonicalBody? Read(string body) => CanonicalBody.Read(new(Encoding.UTF8.GetBytes(body)));

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
