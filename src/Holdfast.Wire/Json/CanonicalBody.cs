using System.Buffers;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>Tells whether two request bodies ask for the same turn: whatever the order of their members, and without those
/// that clients change when they ask again (clients.md section 5).</summary>
/// <param name="Hash">What the body asks for, streamed or not.</param>
/// <param name="Options">What clients change when they ask again without streaming: <c>stream_options</c>, <c>max_tokens</c>.</param>
public readonly record struct CanonicalBody(UInt128 Hash, UInt128 Options)
{
    /// <summary>Reads a body; null where it is no JSON object. Never throws.</summary>
    public static CanonicalBody? Read(in ReadOnlySequence<byte> body)
    {
        var json = JsonPeek.SkipBom(body);
        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        UInt128 sum = 0;
        UInt128 options = 0;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isLeftOut = reader.ValueTextEquals("stream"u8) || reader.ValueTextEquals("client_metadata"u8);
                var isOption = reader.ValueTextEquals("stream_options"u8) || reader.ValueTextEquals("max_tokens"u8);
                var start = reader.TokenStartIndex;
                reader.Read();
                reader.Skip();
                if (isOption)
                {
                    options += Digest.Of(json.Slice(start, reader.BytesConsumed - start));
                }
                else if (!isLeftOut)
                {
                    // A sum does not mind the order.
                    sum += Digest.Of(json.Slice(start, reader.BytesConsumed - start));
                }
            }

            return new(sum, options);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
