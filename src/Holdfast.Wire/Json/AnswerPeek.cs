using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire.Json;

/// <summary>What the gateway reads out of a whole JSON answer.</summary>
/// <param name="IsCut">Whether the bytes are the beginning of a JSON document whose rest is missing: that must never look
/// like an answer (R5). What is no JSON at all is not cut.</param>
/// <param name="Model">The model the answer names.</param>
/// <param name="Usage">The tokens it states.</param>
public readonly record struct AnswerPeek(bool IsCut, string? Model, TokenUsage? Usage)
{
    /// <summary>Reads an answer to its end; never throws.</summary>
    public static AnswerPeek Read(WireProtocol protocol, in ReadOnlySequence<byte> body)
    {
        var usage = protocol.ReadUsage();
        string? model = null;
        var json = JsonPeek.SkipBom(body);
        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (reader.CurrentDepth == 1
                    && (reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals("usageMetadata"u8)))
                {
                    reader.Read();
                    usage.Read(ref reader);
                }
                else if (reader.CurrentDepth == 1
                    && (reader.ValueTextEquals("model"u8) || reader.ValueTextEquals("modelVersion"u8)))
                {
                    reader.Read();
                    model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
                else
                {
                    reader.Read();
                    reader.TrySkip();
                }
            }

            return new(reader.BytesConsumed == 0, model, usage.Usage);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(JsonPeek.IsCut(json), model, usage.Usage);
        }
    }
}
