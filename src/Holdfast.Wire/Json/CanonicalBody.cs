using System.Buffers;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>Tells whether two request bodies ask for the same turn: whatever the order of their members, and without those
/// that clients change when they ask again (clients.md section 5).</summary>
public static class CanonicalBody
{
    /// <summary>A hash of what the body asks for; null where it is no JSON object. Never throws.</summary>
    public static UInt128? Hash(in ReadOnlySequence<byte> body)
    {
        var json = JsonPeek.SkipBom(body);
        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        UInt128 sum = 0;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isLeftOut = reader.ValueTextEquals("stream"u8) || reader.ValueTextEquals("max_tokens"u8)
                    || reader.ValueTextEquals("client_metadata"u8);
                var start = reader.TokenStartIndex;
                reader.Read();
                reader.Skip();
                if (!isLeftOut)
                {
                    // A sum does not mind the order.
                    sum += Digest.Of(json.Slice(start, reader.BytesConsumed - start));
                }
            }

            return sum;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
