using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Holdfast.Wire.Json;

namespace Holdfast.Tests.Wire.Json;

/// <summary>The elements of a JSON array are found wherever the bytes are split.</summary>
public sealed class JsonArrayFramerTests
{
    private static readonly string[] Elements =
    [
        "{}", "{\"a\":[1,{\"b\":\"]}\"}]}", "{\"quote\":\"\\\"}]\\\\\"}", "[[],[{}]]", "{\n  \"é🙂\": \"[{\"\n}", "{\"x\":\"\\u005d\"}",
    ];

    private static readonly string[] Separators = [",", ",\n", " ,\r\n", "\n,\n "];

    [Fact]
    public void Every_element_is_a_frame_however_the_array_is_split() =>
        Arrays.HoldsFor(array =>
        {
            var bytes = Encoding.UTF8.GetBytes(array.Text);
            var frames = Frames(bytes, array.Cuts, out var rest);

            Assert.Equal(array.Text, string.Concat(frames) + rest);
            Assert.Empty(rest);
            var elements = frames.Select(f => f.Trim('[', ',', ' ', '\r', '\n')).Where(f => f is not ("" or "]"));
            Assert.Equal(array.Elements.Select(e => e.TrimStart('[')), elements);
        });

    [Fact]
    public void An_element_is_not_found_before_its_last_byte()
    {
        var text = "[{\"a\":\"}]\"}"u8.ToArray();
        var framer = new JsonArrayFramer();
        for (var length = 0; length < text.Length; length++)
        {
            Assert.Equal(-1, framer.FindEnd(text.AsSpan(0, length)));
        }

        Assert.Equal(text.Length, framer.FindEnd(text));
    }

    [Theory]
    [InlineData("[]", new[] { "[]" })]
    [InlineData("[{}]", new[] { "[{}", "]" })]
    [InlineData("[{}\n]\n", new[] { "[{}", "\n]", "\n" })]
    [InlineData("[]{}]", new[] { "[]", "{}]" })]
    public void The_bracket_is_a_frame_and_so_is_what_follows_it(string text, string[] wanted)
    {
        var frames = Frames(Encoding.UTF8.GetBytes(text), [], out var rest);

        Assert.Equal(wanted, frames);
        Assert.Empty(rest);
    }

    private static Gen<SplitArray> Arrays =>
        from elements in Gen.Elements(Elements).ArrayOf()
        from separator in Gen.Elements(Separators)
        from cuts in Gen.Choose(0, 150).ArrayOf()
        select new SplitArray(elements, $"[{string.Join(separator, elements)}\n]", cuts);

    private static List<string> Frames(byte[] bytes, IEnumerable<int> cuts, out string rest)
    {
        var frames = new List<string>();
        var framer = new JsonArrayFramer();
        var start = 0;
        foreach (var arrived in cuts.Where(cut => cut < bytes.Length).Order().Append(bytes.Length))
        {
            while (framer.FindEnd(bytes.AsSpan(start, Math.Max(0, arrived - start))) is var length and >= 0)
            {
                frames.Add(Encoding.UTF8.GetString(bytes, start, length));
                start += length;
            }
        }

        rest = Encoding.UTF8.GetString(bytes.AsSpan(start));
        return frames;
    }

    private sealed record SplitArray(string[] Elements, string Text, int[] Cuts);
}
