using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire;

/// <summary>What the gateway reads out of a whole JSON answer.</summary>
/// <param name="IsCut">Whether the bytes are the beginning of a JSON document whose rest is missing: that must never look
/// like an answer (R5). What is no JSON at all is not cut.</param>
/// <param name="Model">The model the answer names.</param>
/// <param name="Usage">The tokens it states.</param>
public readonly record struct AnswerPeek(bool IsCut, string? Model, TokenUsage? Usage)
{
    /// <summary>Whether it bears an error in the place of an answer, whatever its status says.</summary>
    public bool IsError { get; private init; }

    /// <summary>Why it stopped, where that is no usual way to stop.</summary>
    public string? OddStop { get; private init; }

    /// <summary>Reads an answer to its end; never throws.</summary>
    public static AnswerPeek Read(WireProtocol protocol, in ReadOnlySequence<byte> body)
    {
        var usage = protocol.ReadUsage();
        string? model = null;
        string? oddStop = null;
        var isError = false;
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

                // By depth and length first: most members are none of these.
                var isTop = reader.CurrentDepth == 1;
                var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
                if (isTop && length is 5 or 13 && (reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals("usageMetadata"u8)))
                {
                    reader.Read();
                    usage.Read(ref reader);
                }
                else if (isTop && length is 5 or 12 && (reader.ValueTextEquals("model"u8) || reader.ValueTextEquals("modelVersion"u8)))
                {
                    reader.Read();
                    model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
                else if (isTop && length == 12 && reader.ValueTextEquals("service_tier"u8))
                {
                    reader.Read();
                    usage.ReadServiceTier(ref reader);
                }
                else if (isTop && length == 10 && reader.ValueTextEquals("tool_usage"u8))
                {
                    reader.Read();
                    usage.ReadToolUsage(ref reader);
                }
                else if (isTop && length == 5 && reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    isError |= !JsonPeek.IsEmpty(ref reader);
                    reader.TrySkip();
                }
                else if (isTop && length is 7 or 10 && (reader.ValueTextEquals("choices"u8) || reader.ValueTextEquals("candidates"u8)))
                {
                    // What stands in them is looked at one by one.
                    reader.Read();
                }
                else if ((isTop && length == 11 && reader.ValueTextEquals("stop_reason"u8))
                    || (reader.CurrentDepth == 3 && length is 12 or 13
                        && (reader.ValueTextEquals("finish_reason"u8) || reader.ValueTextEquals("finishReason"u8))))
                {
                    reader.Read();
                    oddStop ??= StopReason.Odd(reader);
                    reader.TrySkip();
                }
                else
                {
                    reader.Read();
                    reader.TrySkip();
                }
            }

            return new(reader.BytesConsumed == 0, model, usage.Usage) { IsError = isError, OddStop = oddStop };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(JsonPeek.IsCut(json), model, usage.Usage);
        }
    }
}
