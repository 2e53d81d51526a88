using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>Reads members out of JSON that may be anything: what is not there, or is of another kind, is nothing.</summary>
public static class JsonElements
{
    /// <summary>A member; undefined where it is not there or this is no object.</summary>
    public static JsonElement At(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    /// <summary>A member under either of two names.</summary>
    public static JsonElement At(this JsonElement element, string name, string otherName) =>
        element.At(name) is { ValueKind: not JsonValueKind.Undefined } value ? value : element.At(otherName);

    /// <summary>The string this is; null for anything else.</summary>
    public static string? AsText(this JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    /// <summary>A member that is a string with something in it.</summary>
    public static string? TextAt(this JsonElement element, string name) =>
        element.At(name).AsText() is { Length: > 0 } text ? text : null;

    /// <summary>The elements of an array; none of anything else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

    /// <summary>Whether there is something: neither nothing nor null.</summary>
    public static bool IsThere(this JsonElement element) =>
        element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The truth value this is; null for anything else.</summary>
    public static bool? AsFlag(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
