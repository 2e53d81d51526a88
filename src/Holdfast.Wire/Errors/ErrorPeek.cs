using System.Text;
using System.Text.Json;
using Holdfast.Wire.Json;

namespace Holdfast.Wire.Errors;

/// <summary>Reads what an upstream's error says about itself, in whichever of the known shapes it comes.</summary>
public static class ErrorPeek
{
    /// <summary>The type, code or status an error document names; null where it names none.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> json) => Read(json).Type;

    /// <summary>The type (or code, or status) and the message of an error document: under <c>error</c>, or at its top.</summary>
    public static (string? Type, string? Message) Read(ReadOnlySpan<byte> json)
    {
        // A code in words says most; a number, which repeats the HTTP status, says least.
        string? code = null;
        string? type = null;
        string? number = null;
        string? message = null;
        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth > 3)
                {
                    continue;
                }

                if (reader.ValueTextEquals("message"u8) || reader.ValueTextEquals("detail"u8))
                {
                    reader.Read();
                    message = TextOf(reader) ?? message;
                }
                else if (reader.ValueTextEquals("code"u8))
                {
                    reader.Read();
                    code = TextOf(reader) ?? code;
                    number ??= NumberOf(reader);
                }
                else if (reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("status"u8))
                {
                    // Anthropic's outer "type":"error" names nothing.
                    reader.Read();
                    type ??= TextOf(reader) is not "error" and var text ? text : null;
                    number ??= NumberOf(reader);
                }
            }
        }
        catch (JsonException)
        {
            // What was read up to the break still counts.
        }

        return (code ?? type ?? number, message);
    }

    /// <summary>Whether the document is an object with a member <c>error</c>.</summary>
    public static bool HasErrorObject(ReadOnlySpan<byte> json)
    {
        if (!JsonPeek.IsWholeObject(json))
        {
            return false;
        }

        var reader = new Utf8JsonReader(json, JsonPeek.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("error"u8))
            {
                return true;
            }

            reader.Read();
            reader.Skip();
        }

        return false;
    }

    private static string? TextOf(in Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString() : null;

    private static string? NumberOf(in Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(reader.ValueSpan) : null;
}
