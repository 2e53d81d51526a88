using System.IO.Compression;

namespace Holdfast.Proxy;

/// <summary>Undoes a compression that nobody asked for, layer by layer (D32). Owns no bytes.</summary>
internal static class ContentDecoding
{
    /// <summary>The codings an answer was put through, in their order; none for a plain one.</summary>
    public static IReadOnlyList<string> LayersOf(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("content-encoding", out var values)
            ? LayersOf(values.ToString())
            : [];

    /// <summary>The codings a <c>content-encoding</c> names, in their order; none for a plain body.</summary>
    public static IReadOnlyList<string> LayersOf(string encoding) =>
        [.. encoding.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
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
