using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Holdfast.Wire.Errors;

/// <summary>What every protocol's error body shares: the writer's settings and our own <c>holdfast</c> object.</summary>
internal static class ErrorJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one JSON document to <paramref name="output"/>.</summary>
    public static void Write(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        write(writer);
        writer.Flush();
    }

    /// <summary>Writes the object <c>holdfast</c>: code, class and the short flight record.</summary>
    public static void WriteHoldfast(this Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject("holdfast");
        json.WriteString("code", error.Code.Name);
        json.WriteString("class", error.ClassName);
        if (error.ExchangeId.Length > 0)
        {
            json.WriteString("exchange", error.ExchangeId);
        }

        if (error.Flight is { } flight)
        {
            json.WriteString("flight", flight);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes the body of an OpenAI error answer (Chat and Responses share it).</summary>
    public static void WriteOpenAIBody(GatewayError error, IBufferWriter<byte> output) => Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteOpenAIError(error);
        json.WriteEndObject();
    });

    /// <summary>Writes an OpenAI error object (Chat and Responses share it).</summary>
    public static void WriteOpenAIError(this Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Kind);
        json.WriteNull("param");
        json.WriteString("code", error.Code.Name);
        json.WriteHoldfast(error);
        json.WriteEndObject();
    }
}
