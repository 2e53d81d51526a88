using System.Buffers;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>Tells whether two request bodies ask for the same turn: whatever the order of their members, and without those
/// that clients change when they ask again. A body in which an object has a member twice equals only itself, byte for byte:
/// which of the two counts is the upstream's secret.</summary>
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
        var names = new MemberNames();
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            names.Note(reader);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                names.Note(reader);
                var isLeftOut = reader.ValueTextEquals("stream"u8) || reader.ValueTextEquals("client_metadata"u8);
                var isOption = reader.ValueTextEquals("stream_options"u8) || reader.ValueTextEquals("max_tokens"u8);
                var start = reader.TokenStartIndex;
                reader.Read();
                names.NoteValue(ref reader);
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

            names.Note(reader);
            return names.HasTwice ? Exactly(body) : new(sum, options);
        }
        catch (InvalidOperationException)
        {
            // A name that is no text: nothing can be said of what it equals.
            return Exactly(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static CanonicalBody Exactly(in ReadOnlySequence<byte> body) => new(Digest.Of(body), 0);
}
