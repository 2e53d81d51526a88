using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire;

/// <summary>An assembler that takes the pieces of an answer out of JSON events, whatever is in them.</summary>
internal abstract class EventAssembler : AnswerAssembler
{
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private bool _isUnknown;

    public sealed override void Add(ReadOnlySpan<byte> frame)
    {
        var data = DataOf(frame);
        if (data.IsEmpty || _isUnknown)
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(data);
            _isUnknown = JsonNode.Parse(ref reader) is not JsonObject e || !Take(e);
        }
        catch (Exception e) when (IsStrange(e))
        {
            _isUnknown = true;
        }
    }

    public sealed override byte[]? Finish()
    {
        try
        {
            return !_isUnknown && Whole() is { } answer ? JsonSerializer.SerializeToUtf8Bytes(answer, AsWritten) : null;
        }
        catch (Exception e) when (IsStrange(e))
        {
            return null;
        }
    }

    /// <summary>The JSON of a frame; empty for a frame that says nothing.</summary>
    protected virtual ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> frame) => SseEvent.Parse(frame).Data;

    /// <summary>Takes what an event says; false where it says something unknown. May throw what reading JSON throws.</summary>
    protected abstract bool Take(JsonObject e);

    /// <summary>The answer; null where it is not whole. May throw what reading JSON throws.</summary>
    protected abstract JsonObject? Whole();

    /// <summary>No JSON, another kind of value than expected, no number that fits, a member twice.</summary>
    private static bool IsStrange(Exception e) =>
        e is JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException;
}
