using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Holdfast.Wire.Json;

/// <summary>Reads bodies that may be anything: nothing here throws for what stands in them.</summary>
public static class BodyJson
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
