using System.Buffers;
using System.Text;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire.OpenAIResponses;

/// <summary>Follows a Responses stream: sequence numbers, from <c>response.created</c> to one of its four ends.</summary>
internal sealed class OpenAIResponsesStream(StreamContext context, UsageReader usage) : StreamFollower
{
    /// <summary>The code that Codex and the SDKs take for a failure that passes.</summary>
    private const string PassingCode = "server_error";

    private UsageReader _usage = usage;
    private long _lastSequence = -1;
    private string? _responseId;

    public override TokenUsage? Usage => _usage.Usage;

    protected override bool NamesEvents => true;

    public override void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output)
    {
        // Before response.created the SDK's accumulator throws on any event: a blank line is all it takes.
        if (!HasBegun || form == KeepAliveForm.Blank)
        {
            output.Write("\n"u8);
        }
        else if (form == KeepAliveForm.Comment)
        {
            output.Write(": keepalive\n\n"u8);
        }
        else
        {
            WriteEvent(output, "keepalive"u8, Math.Max(0, _lastSequence), static _ => { });
        }
    }

    public override void WriteError(GatewayError error, IBufferWriter<byte> output)
    {
        WriteFailed(output, WriteCreatedIfMissing(output, _lastSequence + 1), json =>
        {
            json.WriteString("code", PassingCode);
            json.WriteString("type", error.Kind);
            json.WriteString("message", $"{error.Message} ({error.Code.Name})");
            json.WriteHoldfast(error);
        });
    }

    public override void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output)
    {
        var (type, message) = ErrorPeek.Read(body);
        if (message is null)
        {
            WriteError(error, output);
            return;
        }

        WriteFailed(output, WriteCreatedIfMissing(output, _lastSequence + 1), json =>
        {
            json.WriteString("code", CodeFor(type));
            json.WriteString("message", message);
        });
    }

    protected override void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        // A stream that is read again may begin in its middle (starting_after=N).
        HasBegun |= name.StartsWith("response."u8);
        var isLifecycle = false;
        if (name.SequenceEqual("response.completed"u8) || name.SequenceEqual("response.incomplete"u8))
        {
            IsTerminal = true;
            isLifecycle = true;
        }
        else if (name.SequenceEqual("response.failed"u8))
        {
            IsTerminal = true;
            HasFailed = true;
            isLifecycle = true;
            UpstreamError = ErrorPeek.TypeOf(data) ?? "response.failed";
            if (context.ErrorEventsAsFailed && EndsTurns(UpstreamError))
            {
                ReplaceCode(data, UpstreamError);
            }
        }
        else if (name.SequenceEqual("response.created"u8) || name.SequenceEqual("response.queued"u8)
            || name.SequenceEqual("response.in_progress"u8))
        {
            isLifecycle = true;
        }
        else if (name.SequenceEqual("error"u8))
        {
            IsTerminal = true;
            HasFailed = true;
        }
        else
        {
            HasOutput |= !IsHandshake(name, data);
            Generated += IsTextDelta(name) ? GeneratedText.LengthOf(data, "\"delta\""u8) : 0;
        }

        var previous = _lastSequence;
        ReadFields(data, isLifecycle);
        if (HasFailed && name.SequenceEqual("error"u8))
        {
            ReadErrorEvent(data, sequence: Math.Max(previous + 1, _lastSequence));
        }
    }

    private string CodeFor(string? type) =>
        type is null || (context.ErrorEventsAsFailed && EndsTurns(type)) ? PassingCode : type;

    /// <summary>Codex ends its turn on these, though an overload passes, and somebody else may serve it.</summary>
    private static bool EndsTurns(string code) => code is "server_is_overloaded" or "slow_down";

    /// <summary>The same event with the code that tells Codex to ask again.</summary>
    private void ReplaceCode(ReadOnlySpan<byte> data, string code)
    {
        var output = ReplaceEvent();
        output.Write("event: response.failed\ndata: "u8);
        output.Write(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(data)
            .Replace($"\"{code}\"", $"\"{PassingCode}\"", StringComparison.Ordinal)));
        output.Write("\n\n"u8);
    }

    private void ReadErrorEvent(ReadOnlySpan<byte> data, long sequence)
    {
        var (type, message) = ErrorPeek.Read(data);
        UpstreamError = type ?? "error";
        if (!context.ErrorEventsAsFailed)
        {
            return;
        }

        // Codex ignores a plain error event and then reports a closed stream; response.failed it understands.
        var output = ReplaceEvent();
        WriteFailed(output, WriteCreatedIfMissing(output, sequence), json =>
        {
            json.WriteString("code", CodeFor(type));
            json.WriteString("message", message ?? "The upstream reported an error.");
        });
    }

    private void ReadFields(ReadOnlySpan<byte> data, bool isLifecycle)
    {
        var reader = new Utf8JsonReader(data, JsonPeek.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("sequence_number"u8))
            {
                reader.Read();
                _lastSequence = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var n)
                    ? n
                    : _lastSequence;
                if (!isLifecycle)
                {
                    return;
                }
            }
            else if (isLifecycle && reader.ValueTextEquals("response"u8))
            {
                reader.Read();
                ReadResponse(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private void ReadResponse(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                _usage.Read(ref reader);
            }
            else if (reader.ValueTextEquals("id"u8) && _responseId is null)
            {
                reader.Read();
                _responseId = reader.GetString();
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                reader.Read();
                Model = reader.TokenType == JsonTokenType.String ? reader.GetString() : Model;
            }
            else if (reader.ValueTextEquals("service_tier"u8))
            {
                reader.Read();
                _usage.ReadServiceTier(ref reader);
            }
            else if (reader.ValueTextEquals("tool_usage"u8))
            {
                reader.Read();
                _usage.ReadToolUsage(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    /// <summary>Text, refusal, reasoning or arguments; sound comes in deltas as well.</summary>
    private static bool IsTextDelta(ReadOnlySpan<byte> name) =>
        name.EndsWith(".delta"u8) && !name.SequenceEqual("response.audio.delta"u8);

    /// <summary>A sign of life, or an item or part that is added empty (D26).</summary>
    private static bool IsHandshake(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (name.SequenceEqual("keepalive"u8) || name.SequenceEqual("ping"u8))
        {
            return true;
        }

        var isItem = name.SequenceEqual("response.output_item.added"u8);
        if (!isItem && !name.SequenceEqual("response.content_part.added"u8)
            && !name.SequenceEqual("response.reasoning_summary_part.added"u8))
        {
            return false;
        }

        var reader = new Utf8JsonReader(data, JsonPeek.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAdded = reader.ValueTextEquals(isItem ? "item"u8 : "part"u8);
            reader.Read();
            if (isAdded && reader.TokenType == JsonTokenType.StartObject)
            {
                return IsEmptyPart(ref reader);
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>Whether an item or part of text or reasoning has no text yet. A call of a tool never is empty: which
    /// tool it calls was generated.</summary>
    private static bool IsEmptyPart(ref Utf8JsonReader reader)
    {
        var isText = false;
        var isEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isText = reader.TokenType == JsonTokenType.String
                    && (reader.ValueTextEquals("message"u8) || reader.ValueTextEquals("reasoning"u8)
                    || reader.ValueTextEquals("output_text"u8) || reader.ValueTextEquals("refusal"u8)
                    || reader.ValueTextEquals("reasoning_text"u8) || reader.ValueTextEquals("summary_text"u8));
                reader.Skip();
                continue;
            }

            var holdsText = reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("summary"u8)
                || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("refusal"u8)
                || reader.ValueTextEquals("encrypted_content"u8);
            reader.Read();
            isEmpty &= JsonPeek.IsEmpty(ref reader) || !holdsText;
        }

        return isText && isEmpty;
    }

    /// <summary>Nobody takes a failure of a response that was never created. Returns the number of the next event.</summary>
    private long WriteCreatedIfMissing(IBufferWriter<byte> output, long sequence)
    {
        if (HasBegun)
        {
            return sequence;
        }

        HasBegun = true;
        WriteEvent(output, "response.created"u8, sequence, json =>
        {
            WriteResponse(json, "in_progress", static json => json.WriteNull("error"));
        });
        return sequence + 1;
    }

    private void WriteFailed(IBufferWriter<byte> output, long sequence, Action<Utf8JsonWriter> writeError) =>
        WriteEvent(output, "response.failed"u8, sequence, json => WriteResponse(json, "failed", json =>
        {
            json.WriteStartObject("error");
            writeError(json);
            json.WriteEndObject();
        }));

    private void WriteResponse(Utf8JsonWriter json, string status, Action<Utf8JsonWriter> writeError)
    {
        json.WriteStartObject("response");
        json.WriteString("id", _responseId ?? $"resp_{context.ExchangeId}");
        json.WriteString("object", "response");
        json.WriteNumber("created_at", context.StartedAt);
        json.WriteString("status", status);
        writeError(json);
        json.WriteNull("incomplete_details");
        json.WriteString("model", Model ?? context.ModelAsked);
        json.WriteStartArray("output");
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", true);
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteNull("usage");
        json.WriteEndObject();
    }

    private static void WriteEvent(
        IBufferWriter<byte> output, ReadOnlySpan<byte> name, long sequence, Action<Utf8JsonWriter> writeFields)
    {
        output.Write("event: "u8);
        output.Write(name);
        output.Write("\ndata: "u8);
        var type = System.Text.Encoding.ASCII.GetString(name);
        ErrorJson.Write(output, json =>
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteNumber("sequence_number", sequence);
            writeFields(json);
            json.WriteEndObject();
        });
        output.Write("\n\n"u8);
    }
}
