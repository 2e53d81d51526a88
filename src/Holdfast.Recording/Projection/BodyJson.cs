using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Holdfast.Recording.Projection;

/// <summary>Reads bodies that may be anything: nothing here throws for what stands in them.</summary>
internal static class BodyJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256 };

    /// <summary>A body as JSON whose strings can all be read; null where it is none.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(Readable(body), Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>JSON inside a string, or nothing.</summary>
    public static JsonElement? ParseText(string text)
    {
        using var document = Parse(Encoding.UTF8.GetBytes(text));
        return document?.RootElement.Clone();
    }

    /// <summary>The bytes without a byte order mark and with U+FFFD for what is no character. Clients cut texts in the middle of
    /// a surrogate pair, and JSON lets them.</summary>
    public static ReadOnlyMemory<byte> Readable(ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> bom = [0xEF, 0xBB, 0xBF];
        if (body.Span.StartsWith(bom))
        {
            body = body[bom.Length..];
        }

        if (!Utf8.IsValid(body.Span))
        {
            body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Span));
        }

        var hasSurrogates = body.Span.IndexOf(@"\ud"u8) >= 0 || body.Span.IndexOf(@"\uD"u8) >= 0;
        return hasSurrogates ? WithWholePairs(body.ToArray()) : body;
    }

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

    /// <summary>Replaces each escaped half of a surrogate pair whose other half is missing: as many bytes as before.</summary>
    private static byte[] WithWholePairs(byte[] json)
    {
        for (var i = 0; i + 1 < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                continue;
            }

            var unit = UnitAt(json, i);
            if (char.IsHighSurrogate((char)unit) && char.IsLowSurrogate((char)UnitAt(json, i + 6)))
            {
                i += 11;
            }
            else if (char.IsSurrogate((char)unit))
            {
                "FFFD"u8.CopyTo(json.AsSpan(i + 2));
                i += 5;
            }
            else
            {
                i++;
            }
        }

        return json;
    }

    /// <summary>The code unit of the escape that begins there; 0 where none does.</summary>
    private static int UnitAt(byte[] json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
            && int.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? unit
            : 0;
}
