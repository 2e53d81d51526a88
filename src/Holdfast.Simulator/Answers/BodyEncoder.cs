using System.IO.Compression;
using System.Text;

namespace Holdfast.Simulator.Answers;

/// <summary>Compresses a body piece by piece, flushed after each, as providers do on streams.</summary>
internal static class BodyEncoder
{
    public static string? HeaderOf(BodyEncoding encoding) => encoding switch
    {
        BodyEncoding.Gzip or BodyEncoding.BadGzip => "gzip",
        BodyEncoding.Brotli => "br",
        _ => null,
    };

    public static List<Piece> Apply(BodyEncoding encoding, List<Piece> pieces) => encoding switch
    {
        BodyEncoding.Gzip => Compress(pieces, s => new GZipStream(s, CompressionLevel.Fastest, leaveOpen: true)),
        BodyEncoding.Brotli => Compress(pieces, s => new BrotliStream(s, CompressionLevel.Fastest, leaveOpen: true)),
        BodyEncoding.BadGzip => Spoil(pieces),
        _ => pieces,
    };

    private static List<Piece> Compress(List<Piece> pieces, Func<Stream, Stream> open)
    {
        var result = new List<Piece>(pieces.Count);
        using var output = new MemoryStream();
        using (var encoder = open(output))
        {
            foreach (var piece in pieces)
            {
                encoder.Write(piece.Bytes.Span);
                encoder.Flush();
                result.Add(piece with { Bytes = Take(output) });
            }
        }

        // The trailer belongs to the last piece: pieces and events stay in step.
        if (result.Count > 0)
        {
            result[^1] = result[^1] with { Bytes = (byte[])[.. result[^1].Bytes.Span, .. Take(output)] };
        }

        return result;
    }

    private static List<Piece> Spoil(List<Piece> pieces) =>
        [.. pieces.Select((p, i) => i == 0 ? p with { Bytes = Encoding.ASCII.GetBytes("this is not gzip") } : p)];

    private static byte[] Take(MemoryStream output)
    {
        var bytes = output.ToArray();
        output.SetLength(0);
        return bytes;
    }
}
