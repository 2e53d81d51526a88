using System.Buffers;
using System.Text.Json;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Json;
using Holdfast.Wire.Usage;

namespace Holdfast.Wire.Anthropic;

/// <summary>Follows a Messages stream: from <c>message_start</c> to <c>message_stop</c> or <c>error</c>.</summary>
internal sealed class AnthropicStream(UsageReader usage) : StreamFollower
{
    private UsageReader _usage = usage;

    public override TokenUsage? Usage => _usage.Usage;

    protected override bool NamesEvents => true;

    public override void WriteKeepAlive(KeepAliveForm form, IBufferWriter<byte> output) => output.Write(form switch
    {
        KeepAliveForm.Comment => ": keepalive\n\n"u8,
        KeepAliveForm.Blank => "\n"u8,

        // Safe before message_start too (clients.md section 3).
        _ => "event: ping\ndata: {\"type\":\"ping\"}\n\n"u8,
    });

    public override void WriteClosing(IBufferWriter<byte> output)
    {
        if (!HasFailed)
        {
            output.Write("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
        }
    }

    public override void WriteError(GatewayError error, IBufferWriter<byte> output)
    {
        output.Write("event: error\ndata: "u8);
        ErrorJson.Write(output, json => AnthropicProtocol.WriteError(json, error));
        output.Write("\n\n"u8);
    }

    public override void WriteUpstreamError(ReadOnlySpan<byte> body, GatewayError error, IBufferWriter<byte> output)
    {
        if (!JsonPeek.TryTopLevelString(body, "type"u8, out var type) || !type.SequenceEqual("error"u8))
        {
            WriteError(error, output);
            return;
        }

        output.Write("event: error\ndata: "u8);
        JsonPeek.WriteOnOneLine(body, output);
        output.Write("\n\n"u8);
    }

    protected override void Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (name.SequenceEqual("content_block_delta"u8))
        {
            HasOutput = true;
            EmptySignatures += EmptySignature.IsDelta(data) ? 1 : 0;
            Generated += GeneratedIn(data);
        }
        else if (name.SequenceEqual("message_start"u8))
        {
            HasBegun = true;
            ReadMessage(data, "message"u8);
        }
        else if (name.SequenceEqual("message_delta"u8))
        {
            HasOutput = true;
            ReadMessage(data, "delta"u8);
        }
        else if (name.SequenceEqual("message_stop"u8))
        {
            IsTerminal = true;
        }
        else if (name.SequenceEqual("error"u8))
        {
            IsTerminal = true;
            HasFailed = true;
            UpstreamError = ErrorPeek.TypeOf(data);
        }
        else if (name.SequenceEqual("content_block_start"u8))
        {
            HasOutput |= !StartsEmptyBlock(data);
        }
        else
        {
            HasOutput |= !name.SequenceEqual("ping"u8);
        }
    }

    private static int GeneratedIn(ReadOnlySpan<byte> delta) =>
        GeneratedText.LengthOf(delta, "\"text\""u8) is > 0 and var text ? text
        : GeneratedText.LengthOf(delta, "\"partial_json\""u8) is > 0 and var input ? input
        : GeneratedText.LengthOf(delta, "\"thinking\""u8);

    /// <summary>Reads <c>model</c>, <c>stop_reason</c> and <c>usage</c> at the top level or one below, under <paramref name="part"/>.</summary>
    private void ReadMessage(ReadOnlySpan<byte> data, ReadOnlySpan<byte> part)
    {
        var reader = new Utf8JsonReader(data, JsonPeek.Options);
        reader.Read();
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                _usage.Read(ref reader);
            }
            else if (reader.ValueTextEquals(part) && reader.CurrentDepth == 1)
            {
                reader.Read();
            }
            else if (reader.ValueTextEquals("model"u8) && reader.CurrentDepth == 2)
            {
                reader.Read();
                Model = reader.GetString();
            }
            else if (reader.ValueTextEquals("stop_reason"u8) && reader.CurrentDepth == 2)
            {
                reader.Read();
                LacksOnlyClosing |= reader.TokenType == JsonTokenType.String;
                OddStop = StopReason.Odd(reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    /// <summary>Whether a block starts without content: an empty text or thinking block is a handshake, not output (D26).</summary>
    private static bool StartsEmptyBlock(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, JsonPeek.Options);
        var isTextOrThinking = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 2)
            {
                continue;
            }

            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isTextOrThinking = reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("thinking"u8);
            }
            else if (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("thinking"u8)
                || reader.ValueTextEquals("signature"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty)
                {
                    return false;
                }
            }
        }

        return isTextOrThinking;
    }
}
