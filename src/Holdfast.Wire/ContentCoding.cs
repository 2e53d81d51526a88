using System.IO.Compression;

namespace Holdfast.Wire;

/// <summary>Undoes compression, layer by layer. Owns no bytes.</summary>
public static class ContentCoding
{
    /// <summary>The codings a <c>content-encoding</c> names, in the order in which they were applied; none for a plain
    /// body.</summary>
    public static IReadOnlyList<string> LayersOf(string encoding) => encoding.Length == 0
        ? []
        : [.. encoding.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(layer => layer != "identity")];

    /// <summary>The plain bytes behind all layers; null where one of them cannot be undone.</summary>
    public static Stream? Undo(Stream source, IReadOnlyList<string> layers)
    {
        var plain = source;
        for (var i = layers.Count - 1; i >= 0 && plain is not null; i--)
        {
            plain = layers[i] switch
            {
                "gzip" or "x-gzip" => new GZipStream(plain, CompressionMode.Decompress),
                "br" => new BrotliStream(plain, CompressionMode.Decompress),
                "deflate" => new ZLibStream(plain, CompressionMode.Decompress),
                _ => null,
            };
        }

        return plain;
    }
}
