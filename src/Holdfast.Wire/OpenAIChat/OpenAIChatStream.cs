using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>Follows a Chat stream: until every choice has its finish reason and <c>[DONE]</c> has come.</summary>
internal sealed class OpenAIChatStream(StreamContext context, UsageReader usage) : StreamFollower
{
    private readonly ChoiceSet _choices = new();
    private UsageReader _usage = usage;
    private string? _id;

    public override TokenUsage? Usage => _usage.Usage;

    public override void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output) =>
        output.Write(form == KeepAliveForm.Blank ? "\n"u8 : ": keepalive\n\n"u8);

    public override void WriteClosing(IBufferWriter<byte> output) => output.Write("data: [DONE]\n\n"u8);

    public override void WriteError(GatewayError error, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        ErrorJson.Write(output, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("message", error.Message);
            json.WriteString("type", error.Kind);
            json.WriteHoldfast(error);
            json.WriteEndObject();
            json.WriteString("id", _id ?? $"chatcmpl_{context.ExchangeId}");
            json.WriteString("object", "chat.completion.chunk");
            json.WriteString("model", Model ?? context.ModelAsked);
            json.WriteEndObject();
        });
        output.Write("\n\ndata: [DONE]\n\n"u8);
    }

    public override void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output)
    {
        if (!ErrorPeek.HasErrorObject(body))
        {
            WriteError(error, output);
            return;
        }

        output.Write("data: "u8);
        JsonPeek.WriteOnOneLine(body, output);
        output.Write("\n\ndata: [DONE]\n\n"u8);
    }

    protected override void ObserveDone() => IsTerminal = true;

    protected override void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        HasBegun = true;
        var reader = new Utf8JsonReader(data, JsonPeek.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        var isErrorEvent = name.SequenceEqual("error"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                ReadChoices(ref reader);
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                _usage.Read(ref reader);
            }
            else if (_id is null && reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                _id = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }
            else if (Model is null && reader.ValueTextEquals("model"u8))
            {
                reader.Read();
                Model = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                isErrorEvent |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("service_tier"u8))
            {
                reader.Read();
                _usage.ReadServiceTier(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        LacksOnlyClosing = _choices.AllFinished;
        if (isErrorEvent)
        {
            HasFailed = true;
            UpstreamError = ErrorPeek.TypeOf(data) ?? "error";
        }
    }

    private void ReadChoices(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            ReadChoice(ref reader);
        }
    }

    private void ReadChoice(ref Utf8JsonReader reader)
    {
        var index = 0;
        var isFinished = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("index"u8))
            {
                reader.Read();
                index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var n) ? n : 0;
            }
            else if (reader.ValueTextEquals("finish_reason"u8))
            {
                reader.Read();
                isFinished = reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty;
                OddStop ??= StopReason.Odd(reader);
            }
            else if (reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("text"u8))
            {
                reader.Read();
                HasOutput |= HasContent(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        _choices.Note(index, isFinished);
    }

    /// <summary>Whether a delta says more than who speaks; servers spell out empty fields in many ways. Counts what was
    /// generated.</summary>
    private bool HasContent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Count(reader);
            return !JsonPeek.IsEmpty(ref reader);
        }

        var hasContent = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            var isText = !isRole && (reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("reasoning_content"u8)
                || reader.ValueTextEquals("reasoning"u8) || reader.ValueTextEquals("refusal"u8));
            var isCall = !isRole && !isText
                && (reader.ValueTextEquals("tool_calls"u8) || reader.ValueTextEquals("function_call"u8));
            reader.Read();
            if (isCall && reader.TokenType is (JsonTokenType.StartArray or JsonTokenType.StartObject))
            {
                hasContent |= ReadCalls(ref reader);
                continue;
            }

            if (isText)
            {
                Count(reader);
            }

            hasContent |= !JsonPeek.IsEmpty(ref reader) && !isRole;
        }

        return hasContent;
    }

    private void Count(in Utf8JsonReader reader) =>
        Generated += reader.TokenType == JsonTokenType.String ? GeneratedText.Length(reader.ValueSpan) : 0;

    /// <summary>Reads calls of tools to their end; whether there are any.</summary>
    private bool ReadCalls(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var hasAny = false;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            hasAny = true;
            if (reader.TokenType == JsonTokenType.PropertyName
                && (reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("input"u8)))
            {
                reader.Read();
                Count(reader);
            }
        }

        return hasAny;
    }
}
