using System.Buffers;

namespace Holdfast.Wire.Sse;

/// <summary>One frame of a stream, looked at without changing it: its bytes, its event name, its data.</summary>
public readonly ref struct SseEvent
{
    private static ReadOnlySpan<byte> Bom => [0xEF, 0xBB, 0xBF];

    private SseEvent(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, int dataLines,
        bool hasBom, bool lacksSpace, bool hasLines)
    {
        Raw = raw;
        Name = name;
        Data = data;
        DataLines = dataLines;
        HasBom = hasBom;
        LacksSpace = lacksSpace;
        IsBlank = !hasLines;
    }

    /// <summary>The bytes as the upstream wrote them, the closing empty line included.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>The bytes without a byte order mark.</summary>
    public ReadOnlySpan<byte> Text => HasBom ? Raw[Bom.Length..] : Raw;

    /// <summary>Value of the last <c>event:</c> line; empty without one.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The <c>data:</c> values, joined with LF.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>How many <c>data:</c> lines there are. A frame without one dispatches nothing.</summary>
    public int DataLines { get; }

    /// <summary>Whether a byte order mark stands before the first line.</summary>
    public bool HasBom { get; }

    /// <summary>Whether a <c>data:</c> line lacks the space home-grown parsers and Gemini CLI insist on.</summary>
    public bool LacksSpace { get; }

    /// <summary>Whether the frame is nothing but an empty line.</summary>
    public bool IsBlank { get; }

    /// <summary>Looks at one frame found by <see cref="SseFramer"/>.</summary>
    public static SseEvent Parse(ReadOnlySpan<byte> raw)
    {
        var hasBom = raw.StartsWith(Bom);
        var rest = hasBom ? raw[Bom.Length..] : raw;
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> data = default;
        ArrayBufferWriter<byte>? joined = null;
        var dataLines = 0;
        var lacksSpace = false;
        var hasLines = false;

        while (TakeLine(ref rest, out var line))
        {
            if (line.IsEmpty)
            {
                continue;
            }

            hasLines = true;
            if (TryValue(line, "data"u8, out var value, out var spaced))
            {
                dataLines++;
                lacksSpace |= !spaced && !value.IsEmpty;
                if (dataLines == 1)
                {
                    data = value;
                }
                else
                {
                    joined ??= Begin(data, raw.Length);
                    joined.Write("\n"u8);
                    joined.Write(value);
                }
            }
            else if (TryValue(line, "event"u8, out value, out _))
            {
                name = value;
            }
        }

        return new SseEvent(
            raw, name, joined is null ? data : joined.WrittenSpan, dataLines, hasBom, lacksSpace, hasLines);
    }

    /// <summary>The joined data is never longer than the frame: one array, however many lines there are.</summary>
    private static ArrayBufferWriter<byte> Begin(ReadOnlySpan<byte> data, int length)
    {
        var joined = new ArrayBufferWriter<byte>(length);
        joined.Write(data);
        return joined;
    }

    /// <summary>Takes the first line off <paramref name="rest"/>; false at its end.</summary>
    internal static bool TakeLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        if (rest.IsEmpty)
        {
            line = default;
            return false;
        }

        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            line = rest;
            rest = default;
            return true;
        }

        line = rest[..end];
        var next = end + 1;
        if (rest[end] == '\r' && next < rest.Length && rest[next] == '\n')
        {
            next++;
        }

        rest = rest[next..];
        return true;
    }

    /// <summary>Whether <paramref name="line"/> is the field <paramref name="name"/>, and its value.</summary>
    internal static bool TryValue(
        ReadOnlySpan<byte> line, scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out bool spaced)
    {
        value = default;
        spaced = false;
        if (!line.StartsWith(name))
        {
            return false;
        }

        if (line.Length == name.Length)
        {
            return true;
        }

        if (line[name.Length] != ':')
        {
            return false;
        }

        value = line[(name.Length + 1)..];
        spaced = value.Length > 0 && value[0] == ' ';
        value = spaced ? value[1..] : value;
        return true;
    }
}
