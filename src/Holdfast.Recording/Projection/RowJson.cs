using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Recording.Redaction;

namespace Holdfast.Recording.Projection;

/// <summary>Writes the columns that hold JSON of our own. Absent values are left out.</summary>
internal sealed class RowJson(BodyRedaction redaction)
{
    private static readonly JsonWriterOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The column <c>attributes</c>.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="input">Its headers.</param>
    /// <param name="error">What went wrong; null where nothing did.</param>
    /// <param name="hasOwnIds">Whether the session is a hash for want of a name.</param>
    /// <param name="usage">The answer's tokens, on the one row that carries them.</param>
    public string Attributes(ExchangeRecord exchange, ProjectionInput input, string? error, bool hasOwnIds, AnswerUsage? usage) =>
        Written(json =>
        {
            json.WriteStartObject("gateway");
            json.WriteString("exchange_id", exchange.ExchangeId);
            Write(json, "upstream", exchange.Upstream);
            Write(json, "method", exchange.Method);
            Write(json, "path", PathOf(exchange));
            Write(json, "status_code", exchange.Status);
            Write(json, "request_bytes", exchange.RequestBytes);
            Write(json, "response_bytes", exchange.ResponseBytes);
            json.WriteBoolean("is_sse", exchange.IsSse);
            Write(json, "stream_event_count", exchange.IsSse ? exchange.Events : null);
            Write(json, "request_headers", input.RequestHeaders);
            Write(json, "response_headers", input.ResponseHeaders);
            Write(json, "error", error);
            Write(json, "identity_source", hasOwnIds ? "gateway_fallback" : null);
            json.WriteEndObject();
            if (usage is not null)
            {
                json.WriteStartObject("usage");
                Write(json, "input_tokens", usage.Input);
                Write(json, "output_tokens", usage.Output);
                Write(json, "cache_read_tokens", usage.CacheRead);
                Write(json, "cache_write_tokens", usage.CacheWrite);
                Write(json, "reasoning_tokens", usage.Reasoning);
                Write(json, "total_tokens", usage.Total);
                json.WriteEndObject();
            }

            if (exchange.ClientName is not null || exchange.ClientVersion is not null)
            {
                json.WriteStartObject("client");
                Write(json, "name", exchange.ClientName);
                Write(json, "version", exchange.ClientVersion);
                json.WriteEndObject();
            }
        });

    /// <summary>The column <c>status</c>; null where there is nothing to say.</summary>
    public string? Status(string? toolStatus, string? finishReason, string? errorCode, string? errorMessage) =>
        (toolStatus, finishReason, errorCode, errorMessage) is (null, null, null, null)
            ? null
            : Written(json =>
            {
                Write(json, "tool_status", toolStatus);
                Write(json, "finish_reason", finishReason);
                Write(json, "error_code", errorCode);
                Write(json, "error_message", errorMessage);
            });

    /// <summary>The column <c>previous_message_id</c>.</summary>
    public static string Previous(string? id) => id is null ? "[]" : $"[\"{JsonEncodedText.Encode(id)}\"]";

    private static string PathOf(ExchangeRecord exchange) => exchange.Query switch
    {
        null or "" => exchange.Path,
        ['?', ..] query => exchange.Path + query,
        var query => $"{exchange.Path}?{query}",
    };

    private static string Written(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, AsWritten))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, redaction.Text(value));
        }
    }

    private static void Write(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private void Write(Utf8JsonWriter json, string name, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (headers.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var header in headers.GroupBy(one => one.Key.ToLowerInvariant(), one => one.Value))
        {
            Write(json, redaction.Text(header.Key), string.Join(", ", header));
        }

        json.WriteEndObject();
    }
}
