using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>A stream of the Responses API holds the whole response in its last event.</summary>
internal sealed class OpenAIResponsesAssembler : AnswerAssembler
{
    private byte[]? _response;

    public override void Add(ReadOnlySpan<byte> frame)
    {
        var e = SseEvent.Parse(frame);
        var type = e.Name;
        if (type.IsEmpty)
        {
            JsonPeek.TryTopLevelString(e.Data, "type"u8, out type);
        }

        if (type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8))
        {
            _response = ResponseIn(e.Data);
        }
    }

    public override byte[]? Finish() => _response;

    private static byte[]? ResponseIn(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isResponse = reader.ValueTextEquals("response"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (isResponse)
                {
                    return data[start..(int)reader.BytesConsumed].ToArray();
                }
            }
        }
        catch (JsonException)
        {
            // No whole event, no response.
        }

        return null;
    }
}
