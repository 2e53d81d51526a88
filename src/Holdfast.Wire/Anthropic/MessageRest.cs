using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire.Anthropic;

/// <summary>What is left of a streamed message for a client that was cut off and has its first blocks: Claude Code sends
/// them back as an assistant's message, and a user's behind it that asks to go on (clients.md section 4.1). The rest is the
/// same stream without those blocks, the others counted from 0.</summary>
public sealed class MessageRest
{
    private readonly List<byte[]> _frames = [];
    private readonly AnthropicAssembler _assembler = new();
    private readonly JsonElement[] _blocks;

    private MessageRest(JsonElement[] blocks) => _blocks = blocks;

    /// <summary>Bytes held so far.</summary>
    public long Length { get; private set; }

    /// <summary>Reads the blocks a client has; null where the body does not end as one that asks to go on does. Never
    /// throws.</summary>
    public static MessageRest? AskedBy(in ReadOnlySequence<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonPeek.SkipBom(body));
            if (!document.RootElement.TryGetProperty("messages", out var messages) || messages.GetArrayLength() < 3)
            {
                return null;
            }

            var (given, asking) = (messages[messages.GetArrayLength() - 2], messages[messages.GetArrayLength() - 1]);
            return given.GetProperty("role").GetString() == "assistant" && Conversation.AsksToGoOn(asking)
                && given.GetProperty("content") is { ValueKind: JsonValueKind.Array } blocks && blocks.GetArrayLength() > 0
                    ? new([.. blocks.EnumerateArray().Select(block => block.Clone())])
                    : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Takes one whole frame of the stream; false where it is certain by now that there is no rest to be had.</summary>
    public bool Add(ReadOnlySpan<byte> frame)
    {
        Length += frame.Length;
        _frames.Add(frame.ToArray());
        _assembler.Add(frame);
        var e = SseEvent.Parse(frame);
        return !e.Name.SequenceEqual("content_block_start"u8) || !IsNewThinking(e.Data);
    }

    /// <summary>The frames of the rest; null where the message is not whole, does not begin with what the client has, has
    /// nothing behind it, or holds thinking there: a signature stands for all that came before it.</summary>
    public IReadOnlyList<byte[]>? Finish()
    {
        if (_assembler.Finish() is not { } whole)
        {
            return null;
        }

        try
        {
            return RestOf(whole);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private List<byte[]>? RestOf(byte[] whole)
    {
        using var message = JsonDocument.Parse(whole);
        var blocks = message.RootElement.GetProperty("content").EnumerateArray().ToList();
        var isSame = blocks.Count > _blocks.Length && _blocks.Zip(blocks).All(pair => Conversation.AreSame(pair.First, pair.Second));
        if (!isSame || blocks.Skip(_blocks.Length).Any(IsThinking))
        {
            return null;
        }

        var rest = new List<byte[]>();
        foreach (var frame in _frames)
        {
            var e = SseEvent.Parse(frame);
            if (e.Name.SequenceEqual("ping"u8) || (IsOfBlock(e.Name) && !TryCountAnew(frame, e.Data, rest)))
            {
                continue;
            }

            if (!IsOfBlock(e.Name))
            {
                rest.Add(frame);
            }
        }

        return rest;
    }

    private static bool IsThinking(JsonElement block) =>
        block.GetProperty("type").GetString() is "thinking" or "redacted_thinking";

    private bool IsNewThinking(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            using var start = JsonDocument.ParseValue(ref reader);
            return start.RootElement.GetProperty("index").GetInt32() >= _blocks.Length
                && IsThinking(start.RootElement.GetProperty("content_block"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return true;
        }
    }

    private static bool IsOfBlock(ReadOnlySpan<byte> name) => name.StartsWith("content_block_"u8);

    /// <summary>Adds the frame of a block with its new number; false where the client has that block.</summary>
    private bool TryCountAnew(byte[] frame, ReadOnlySpan<byte> data, List<byte[]> rest)
    {
        var reader = new Utf8JsonReader(data);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIndex = reader.ValueTextEquals("index"u8);
            reader.Read();
            if (isIndex)
            {
                var index = reader.GetInt32() - _blocks.Length;
                if (index < 0)
                {
                    return false;
                }

                // Every other byte is as it came. Several lines of data stand together nowhere in the frame.
                var dataAt = frame.AsSpan().IndexOf(data);
                if (dataAt < 0)
                {
                    throw new JsonException("The event's data has several lines.");
                }

                var (start, end) = (dataAt + (int)reader.TokenStartIndex, dataAt + (int)reader.BytesConsumed);
                Span<byte> number = stackalloc byte[11];
                Utf8Formatter.TryFormat(index, number, out var digits);
                rest.Add([.. frame.AsSpan(0, start), .. number[..digits], .. frame.AsSpan(end)]);
                return true;
            }

            reader.Skip();
        }

        return false;
    }
}
