using System.Buffers;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>Reads single facts out of JSON bytes without building or changing anything.</summary>
public static class JsonPeek
{
    /// <summary>Deeper than any tool schema met in practice; beyond it a document counts as broken.</summary>
    internal static readonly JsonReaderOptions Options = new() { MaxDepth = 1024, AllowMultipleValues = false };

    /// <summary>The raw bytes (escapes not resolved) of a string property of the top-level object.</summary>
    public static bool TryTopLevelString(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isMatch = reader.ValueTextEquals(name);
                if (!reader.Read())
                {
                    return false;
                }

                if (isMatch && reader.TokenType == JsonTokenType.String)
                {
                    value = reader.ValueSpan;
                    return true;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return false;
    }

    /// <summary>Whether the bytes are one whole JSON object and nothing else.</summary>
    public static bool IsWholeObject(ReadOnlySpan<byte> json) => json.Length > 1 && json[0] == '{' && IsWhole(new(json));

    /// <summary>Whether the bytes are one whole JSON document and nothing else.</summary>
    public static bool IsWholeDocument(in ReadOnlySequence<byte> json) => IsWhole(new Utf8JsonReader(json, Options));

    /// <summary>Whether bytes that are no whole document are the beginning of one: nothing is wrong with them but that
    /// more should follow.</summary>
    internal static bool IsCut(in ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(Options));
        try
        {
            while (reader.Read())
            {
            }

            return reader.CurrentDepth > 0 || reader.TokenType
                is JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.StartArray;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The document without a byte order mark, which is no JSON but harmless.</summary>
    internal static ReadOnlySequence<byte> SkipBom(in ReadOnlySequence<byte> json)
    {
        ReadOnlySpan<byte> bom = [0xEF, 0xBB, 0xBF];
        return json.FirstSpan.StartsWith(bom) ? json.Slice(bom.Length) : json;
    }

    /// <summary>Writes a JSON document on one line: raw line ends stand only between tokens, where a blank does as well.</summary>
    public static void WriteOnOneLine(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        var target = output.GetSpan(json.Length);
        for (var i = 0; i < json.Length; i++)
        {
            target[i] = json[i] is (byte)'\n' or (byte)'\r' ? (byte)' ' : json[i];
        }

        output.Advance(json.Length);
    }

    /// <summary>Whether the value the reader stands on says nothing: null, "", {} or []. Reads it to its end.</summary>
    internal static bool IsEmpty(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            var inside = reader;
            inside.Read();
            reader.Skip();
            return inside.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
        }

        return reader.TokenType == JsonTokenType.Null
            || (reader.TokenType == JsonTokenType.String && reader.ValueSpan.IsEmpty);
    }

    private static bool IsWhole(Utf8JsonReader reader)
    {
        try
        {
            while (reader.Read())
            {
            }

            return reader.CurrentDepth == 0 && reader.BytesConsumed > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
