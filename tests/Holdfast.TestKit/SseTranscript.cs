using System.Text;
using System.Text.Json;

namespace Holdfast.TestKit;

/// <summary>What an entry of a stream is.</summary>
public enum SseKind
{
    /// <summary>Has at least one <c>data</c> line.</summary>
    Event,

    /// <summary>Has nothing but comment lines.</summary>
    Comment,

    /// <summary>A blank line alone.</summary>
    Blank,
}

/// <summary>One entry of a stream, as it ended with its blank line.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Type">The <c>event</c> line's value; <c>message</c> without one.</param>
/// <param name="Data">The <c>data</c> lines, joined with line feeds.</param>
/// <param name="Raw">Its exact text, the blank line included.</param>
public sealed record SseEntry(SseKind Kind, string Type, string Data, string Raw)
{
    /// <summary>Whether it is OpenAI's <c>[DONE]</c>, the one event that is not JSON.</summary>
    public bool IsDone => Data == "[DONE]";

    /// <summary>The data as JSON.</summary>
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Data);
}

/// <summary>A server-sent event stream as a strict client reads it. Written apart from the product's framing on
/// purpose: a mistake there must not hide here.</summary>
public sealed class SseTranscript
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SseTranscript(IReadOnlyList<SseEntry> entries) => Entries = entries;

    /// <summary>Everything in order: events, comments and lone blank lines.</summary>
    public IReadOnlyList<SseEntry> Entries { get; }

    /// <summary>The events alone.</summary>
    public IReadOnlyList<SseEntry> Events => [.. Entries.Where(entry => entry.Kind == SseKind.Event)];

    /// <summary>The types of the events, in order.</summary>
    public IReadOnlyList<string> EventTypes => [.. Events.Select(entry => entry.Type)];

    /// <summary>Reads a whole stream. Throws on a byte order mark, invalid UTF-8, an event without its blank line,
    /// an unknown field, an <c>event</c> without data, or data that is neither JSON nor <c>[DONE]</c>.</summary>
    public static SseTranscript Parse(ReadOnlySpan<byte> bytes) => Parse(Strict.GetString(bytes));

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static SseTranscript Parse(string text)
    {
        if (text.StartsWith('\uFEFF'))
        {
            throw new FormatException("The stream begins with a byte order mark.");
        }

        var entries = new List<SseEntry>();
        var start = 0;
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var lineEnd = text.AsSpan(at).IndexOfAny('\r', '\n');
            if (lineEnd < 0)
            {
                break;
            }

            var line = text.Substring(at, lineEnd);
            at += lineEnd;
            at += text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1;
            if (line.Length > 0)
            {
                lines.Add(line);
                continue;
            }

            entries.Add(ReadEntry(lines, text[start..at]));
            lines.Clear();
            start = at;
        }

        return start == text.Length
            ? new SseTranscript(entries)
            : throw new FormatException($"The stream ends inside an event: {Shorten(text[start..])}");
    }

    private static SseEntry ReadEntry(List<string> lines, string raw)
    {
        if (lines.Count == 0)
        {
            return new SseEntry(SseKind.Blank, "", "", raw);
        }

        var type = "message";
        var data = new List<string>();
        var isOnlyComments = true;
        foreach (var line in lines.Where(line => line[0] != ':'))
        {
            isOnlyComments = false;
            var (field, value) = SplitField(line);
            switch (field)
            {
                case "event":
                    type = value;
                    break;
                case "data":
                    data.Add(value);
                    break;
                case "id" or "retry":
                    break;
                default:
                    throw new FormatException($"Unknown field in an event: {Shorten(line)}");
            }
        }

        if (isOnlyComments)
        {
            return new SseEntry(SseKind.Comment, "", "", raw);
        }

        var entry = new SseEntry(SseKind.Event, type, string.Join('\n', data), raw);
        CheckData(entry);
        return entry;
    }

    private static (string Field, string Value) SplitField(string line)
    {
        var colon = line.IndexOf(':');
        if (colon < 0)
        {
            return (line, "");
        }

        var value = line[(colon + 1)..];
        return (line[..colon], value.StartsWith(' ') ? value[1..] : value);
    }

    private static void CheckData(SseEntry entry)
    {
        if (entry.IsDone)
        {
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(entry.Data);
        }
        catch (JsonException e)
        {
            throw new FormatException($"An event's data is not JSON: {Shorten(entry.Raw)}", e);
        }
    }

    private static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + "…";
}
