using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire.Anthropic;

/// <summary>Puts a message together out of its events: the message of <c>message_start</c>, its blocks with their deltas,
/// and what <c>message_delta</c> says in the end.</summary>
internal sealed class MessageAssembler : AnswerAssembler
{
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<int, Block> _blocks = [];
    private JsonObject? _message;
    private bool _isWhole;
    private bool _isUnknown;

    public override void Add(ReadOnlySpan<byte> frame)
    {
        var data = SseEvent.Parse(frame).Data;
        if (data.IsEmpty || _isUnknown)
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(data);
            _isUnknown = JsonNode.Parse(ref reader) is not JsonObject e || !Take(e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            _isUnknown = true;
        }
    }

    public override byte[]? Finish()
    {
        if (_isUnknown || !_isWhole || _message is not { } message)
        {
            return null;
        }

        try
        {
            var content = new JsonArray();
            foreach (var (_, block) in _blocks.OrderBy(pair => pair.Key))
            {
                content.Add(block.Finish());
            }

            message["content"] = content;
            return JsonSerializer.SerializeToUtf8Bytes(message, AsWritten);
        }
        catch (JsonException)
        {
            // The input of a tool that is no JSON: the provider would have given none either.
            return null;
        }
    }

    private bool Take(JsonObject e)
    {
        switch ((string?)e["type"])
        {
            case "message_start":
                _message = e["message"]?.DeepClone() as JsonObject;
                return _message is not null;
            case "content_block_start":
                return e["content_block"] is JsonObject start && _blocks.TryAdd((int)e["index"]!, new((JsonObject)start.DeepClone()));
            case "content_block_delta":
                return e["delta"] is JsonObject delta && _blocks[(int)e["index"]!].Take(delta);
            case "content_block_stop" or "ping":
                return true;
            case "message_delta":
                return _message is not null && TakeEnd(_message, e);
            case "message_stop":
                _isWhole = true;
                return true;
            default:
                // An error, or something newer than this program.
                return false;
        }
    }

    /// <summary>Everything in it belongs to the message: <c>delta</c> member by member, <c>usage</c> over what was said at
    /// the start, and the rest as it stands.</summary>
    private static bool TakeEnd(JsonObject message, JsonObject e)
    {
        foreach (var (name, value) in e)
        {
            switch (name)
            {
                case "type":
                    break;
                case "delta":
                    Copy((JsonObject)value!, message);
                    break;
                case "usage" when message["usage"] is JsonObject usage:
                    Copy((JsonObject)value!, usage);
                    break;
                default:
                    message[name] = value?.DeepClone();
                    break;
            }
        }

        return true;
    }

    private static void Copy(JsonObject from, JsonObject to)
    {
        foreach (var (name, value) in from)
        {
            to[name] = value?.DeepClone();
        }
    }

    private sealed class Block(JsonObject start)
    {
        private readonly Dictionary<string, StringBuilder> _texts = [];
        private StringBuilder? _input;

        public bool Take(JsonObject delta)
        {
            switch ((string?)delta["type"])
            {
                case "text_delta":
                    return Append("text", delta);
                case "thinking_delta":
                    return Append("thinking", delta);
                case "signature_delta":
                    return Append("signature", delta);
                case "input_json_delta":
                    (_input ??= new()).Append((string?)delta["partial_json"]);
                    return true;
                case "citations_delta":
                    if (start["citations"] is not JsonArray citations)
                    {
                        start["citations"] = citations = [];
                    }

                    citations.Add(delta["citation"]?.DeepClone());
                    return true;
                default:
                    return false;
            }
        }

        public JsonObject Finish()
        {
            foreach (var (name, text) in _texts)
            {
                start[name] = text.ToString();
            }

            if (_input is { Length: > 0 } input)
            {
                start["input"] = JsonNode.Parse(input.ToString());
            }

            return start;
        }

        private bool Append(string name, JsonObject delta)
        {
            if (!_texts.TryGetValue(name, out var text))
            {
                _texts[name] = text = new((string?)start[name]);
            }

            text.Append((string?)delta[name]);
            return true;
        }
    }
}
