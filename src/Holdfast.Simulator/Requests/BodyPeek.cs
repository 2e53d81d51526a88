using System.Text.Json;

namespace Holdfast.Simulator.Requests;

/// <summary>What the simulator reads of a JSON body: three top-level fields. Never throws on broken JSON.</summary>
internal readonly record struct BodyPeek(bool IsJson, string? Model, bool Stream, bool IncludeUsage)
{
    public static BodyPeek At(ReadOnlySpan<byte> body)
    {
        try
        {
            return Read(new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 1000 }));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>Whether the conversation already holds a tool's result: a second call would loop for ever.</summary>
    public static bool HoldsToolResult(ReadOnlySpan<byte> body) =>
        body.IndexOf("\"tool_result\""u8) >= 0 || body.IndexOf("\"tool_call_id\""u8) >= 0
        || body.IndexOf("\"function_call_output\""u8) >= 0 || body.IndexOf("\"functionResponse\""u8) >= 0;

    private static BodyPeek Read(Utf8JsonReader reader)
    {
        var peek = new BodyPeek(true, null, false, false);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("model"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                peek = peek with { Model = reader.GetString() };
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("stream"u8))
            {
                reader.Read();
                peek = peek with { Stream = reader.TokenType == JsonTokenType.True };
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("stream_options"u8))
            {
                reader.Read();
                peek = peek with { IncludeUsage = AsksForUsage(reader) };
            }

            reader.Skip();
        }

        // Whatever follows the object is read as well, so that broken JSON never counts as whole.
        return reader.Read() ? default : peek;
    }

    private static bool AsksForUsage(Utf8JsonReader options)
    {
        var depth = options.CurrentDepth;
        while (options.TokenType != JsonTokenType.String && options.Read() && options.CurrentDepth > depth)
        {
            if (options.TokenType == JsonTokenType.PropertyName && options.ValueTextEquals("include_usage"u8))
            {
                return options.Read() && options.TokenType == JsonTokenType.True;
            }
        }

        return false;
    }
}
