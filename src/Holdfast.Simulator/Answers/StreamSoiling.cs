using System.Text;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Answers;

/// <summary>Applies <see cref="StreamDirt"/> to literal events. Knows text only, no sockets.</summary>
internal static class StreamSoiling
{
    public static List<Piece> Apply(StreamDirt dirt, IEnumerable<Piece> pieces)
    {
        var kept = pieces.Where(p => !dirt.HasFlag(StreamDirt.NoTerminalEvent) || p.Role != EventRole.Terminal);
        var result = dirt == StreamDirt.None ? [.. kept] : kept.Select(p => Apply(dirt, p)).ToList();
        if (result.Count == 0)
        {
            return result;
        }

        if (dirt.HasFlag(StreamDirt.NoFinalBlankLine))
        {
            result[^1] = result[^1] with { Bytes = WithoutBlankLine(result[^1].Bytes) };
        }

        if (dirt.HasFlag(StreamDirt.Bom))
        {
            result[0] = result[0] with { Bytes = (byte[])[0xEF, 0xBB, 0xBF, .. result[0].Bytes.Span] };
        }

        return result;
    }

    private static Piece Apply(StreamDirt dirt, Piece piece)
    {
        var text = Encoding.UTF8.GetString(piece.Bytes.Span);
        if (dirt.HasFlag(StreamDirt.NoEventLines))
        {
            text = string.Concat(text.Split('\n').Where(l => !l.StartsWith("event:", StringComparison.Ordinal))
                .Select(l => l + "\n"))[..^1];
        }

        if (dirt.HasFlag(StreamDirt.NoSpaceAfterData))
        {
            text = ("\n" + text).Replace("\ndata: ", "\ndata:", StringComparison.Ordinal)[1..];
        }

        if (dirt.HasFlag(StreamDirt.DoneWithBlank))
        {
            text = text.Replace("data: [DONE]\n", "data: [DONE] \n", StringComparison.Ordinal);
        }

        if (dirt.HasFlag(StreamDirt.CrLf) || dirt.HasFlag(StreamDirt.Cr))
        {
            var end = dirt.HasFlag(StreamDirt.CrLf) ? "\r\n" : "\r";
            text = text.Replace("\n", end, StringComparison.Ordinal);
        }

        return piece with { Bytes = Encoding.UTF8.GetBytes(text) };
    }

    /// <summary>Takes the last line end away, whichever of the three it is.</summary>
    private static ReadOnlyMemory<byte> WithoutBlankLine(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        return span.EndsWith("\r\n"u8) ? bytes[..^2]
            : span.EndsWith("\n"u8) || span.EndsWith("\r"u8) ? bytes[..^1]
            : bytes;
    }
}
