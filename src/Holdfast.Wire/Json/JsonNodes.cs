using System.Text.Json.Nodes;

namespace Holdfast.Wire.Json;

/// <summary>Reads lists out of JSON that may be anything.</summary>
internal static class JsonNodes
{
    /// <summary>The objects of a list; none of null. Throws <see cref="InvalidOperationException"/> or
    /// <see cref="FormatException"/> for anything else.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonNode? list) =>
        list?.AsArray().Select(one => one as JsonObject ?? throw new FormatException("A list of objects holds something else."))
        ?? [];

    /// <summary>The place it gives itself. Throws <see cref="InvalidOperationException"/> or <see cref="FormatException"/> where
    /// it gives none.</summary>
    public static int Index(this JsonObject one) => (int?)one["index"] ?? throw new FormatException("It has no index.");
}
