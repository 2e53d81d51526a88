using System.Buffers;
using System.Text.Json;

namespace Holdfast.Wire.Json;

/// <summary>What the gateway needs to know of a request body; everything else in it is none of its business.</summary>
/// <param name="Model">The top-level <c>model</c>, if it is a string. Of duplicates the last counts.</param>
/// <param name="Stream">The top-level <c>stream</c>.</param>
/// <param name="Error">Where the body stops being JSON; null for good JSON.</param>
/// <param name="Denied">The first top-level field that is among the denied ones.</param>
public readonly record struct RequestPeek(string? Model, bool Stream, string? Error, string? Denied = null)
{
    /// <summary>Where the value of <see cref="Model"/> stands in the body, quotes included; of no length without one.</summary>
    public (long Start, int Length) ModelAt { get; private init; }

    /// <summary>Reads a body to its end without changing it; never throws.</summary>
    public static RequestPeek Read(in ReadOnlySequence<byte> body, params IReadOnlyList<string> denied)
    {
        string? model = null;
        var stream = false;
        string? deniedField = null;
        (long Start, int Length) modelAt = default;
        var json = JsonPeek.SkipBom(body);
        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return new(null, false, "The body is not a JSON object.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                deniedField ??= denied.Count > 0 ? DeniedName(ref reader, denied) : null;
                var isModel = reader.ValueTextEquals("model"u8);
                var isStream = !isModel && reader.ValueTextEquals("stream"u8);
                reader.Read();
                if (isModel)
                {
                    model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    modelAt = model is null
                        ? default
                        : (body.Length - json.Length + reader.TokenStartIndex,
                            (int)(reader.BytesConsumed - reader.TokenStartIndex));
                }
                else if (isStream)
                {
                    stream = reader.TokenType == JsonTokenType.True;
                }

                reader.Skip();
            }

            // Reads on to the end: anything behind the object is an error.
            while (reader.Read())
            {
            }

            return new(model, stream, null, deniedField) { ModelAt = modelAt };
        }
        catch (JsonException e)
        {
            // Not the exception's own text: it may quote the body.
            return new(null, false,
                $"The body is not valid JSON: it breaks at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.",
                deniedField);
        }
        catch (InvalidOperationException)
        {
            return new(null, false, "The body's model name is not valid UTF-8.");
        }
    }

    private static string? DeniedName(ref Utf8JsonReader reader, IReadOnlyList<string> denied)
    {
        foreach (var name in denied)
        {
            if (reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return null;
    }
}
