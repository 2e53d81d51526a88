using System.Buffers;
using Holdfast.Wire.Bytes;

namespace Holdfast.Wire.Anthropic;

/// <summary>Finds thinking whose signature is empty: the provider refuses it when the client sends it back (R48).</summary>
public static class EmptySignature
{
    /// <summary>How many empty signatures stand in a whole answer.</summary>
    public static int CountIn(in ReadOnlySequence<byte> json)
    {
        if (json.IsSingleSegment)
        {
            return CountIn(json.FirstSpan);
        }

        var whole = BufferPool.Rent((int)json.Length);
        try
        {
            json.CopyTo(whole);
            return CountIn(whole.AsSpan(0, (int)json.Length));
        }
        finally
        {
            BufferPool.Return(whole);
        }
    }

    /// <summary>Whether a delta of a stream is a signature, and empty. A block that only begins has none yet.</summary>
    internal static bool IsDelta(ReadOnlySpan<byte> data) =>
        data.IndexOf("signature_delta"u8) >= 0 && CountIn(data) > 0;

    private static int CountIn(ReadOnlySpan<byte> json)
    {
        var count = 0;
        while (json.IndexOf("\"signature\""u8) is >= 0 and var at)
        {
            json = json[(at + "\"signature\"".Length)..].TrimStart(" \t\r\n"u8);
            count += json.StartsWith(":"u8) && json[1..].TrimStart(" \t\r\n"u8).StartsWith("\"\""u8) ? 1 : 0;
        }

        return count;
    }
}
