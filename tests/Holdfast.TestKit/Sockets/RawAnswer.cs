namespace Holdfast.TestKit.Sockets;

/// <summary>How the body of an answer ended.</summary>
public enum BodyEnd
{
    /// <summary>Not yet.</summary>
    None,

    /// <summary>With the final chunk, the last byte of its content length, or by having no body.</summary>
    CleanEnd,

    /// <summary>With FIN, for a body that declares no length: an end that cannot be told from a cut.</summary>
    UnframedEnd,

    /// <summary>With FIN before the end.</summary>
    CutEnd,

    /// <summary>With RST before the end.</summary>
    Reset,
}

/// <summary>How the other side closed a connection.</summary>
public enum ConnectionEnd
{
    Fin,
    Reset,
}

/// <summary>The head of an answer, exactly as it came.</summary>
/// <param name="Text">All of it, with the blank line.</param>
/// <param name="Version"><c>HTTP/1.1</c>.</param>
/// <param name="Status">The status code.</param>
/// <param name="Headers">The headers in order, names as written.</param>
/// <param name="Interim">The <c>1xx</c> answers that came before it.</param>
public sealed record RawAnswer(
    string Text, string Version, int Status, IReadOnlyList<KeyValuePair<string, string>> Headers,
    IReadOnlyList<RawAnswer> Interim)
{
    /// <summary>The values of a header's lines, joined with a comma; null without any.</summary>
    public string? Header(string name)
    {
        var values = Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        return values.Count == 0 ? null : string.Join(", ", values.Select(header => header.Value));
    }

    internal static RawAnswer Parse(string text, IReadOnlyList<RawAnswer> interim)
    {
        var lines = text.Split("\r\n");
        var status = lines[0].Split(' ', 3);
        if (status.Length < 2 || !status[0].StartsWith("HTTP/", StringComparison.Ordinal) ||
            !int.TryParse(status[1], out var code))
        {
            throw new FormatException($"Not a status line: {lines[0]}");
        }

        var headers = lines.Skip(1).TakeWhile(line => line.Length > 0).Select(ParseHeader).ToList();
        return new RawAnswer(text, status[0], code, headers, interim);
    }

    private static KeyValuePair<string, string> ParseHeader(string line)
    {
        var colon = line.IndexOf(':');
        return colon > 0
            ? KeyValuePair.Create(line[..colon], line[(colon + 1)..].Trim())
            : throw new FormatException($"Not a header: {line}");
    }
}
