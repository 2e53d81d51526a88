using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Wire.Protocols;

namespace Holdfast.Tests.Wire;

/// <summary>The words tests of assemblers share.</summary>
internal static class Assembled
{
    /// <summary>The answer that comes of events with this data; null for none.</summary>
    public static string? Of(string protocol, IEnumerable<string> data) =>
        Of(protocol, data.Select(text => Encoding.UTF8.GetBytes($"data: {text}\n\n")));

    /// <summary>The answer that comes of these frames; null for none.</summary>
    public static string? Of(string protocol, IEnumerable<byte[]> frames)
    {
        var assembler = WireProtocols.All.Single(one => one.Name == protocol).Assemble();
        foreach (var frame in frames)
        {
            assembler.Add(frame);
        }

        return assembler.Finish() is { } answer ? Encoding.UTF8.GetString(answer) : null;
    }

    /// <summary>Fails where an answer says something else; the order of members says nothing.</summary>
    public static void AssertSame(string expected, string? answer)
    {
        Assert.NotNull(answer);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(answer)), $"{expected}\nis not\n{answer}");
    }
}
