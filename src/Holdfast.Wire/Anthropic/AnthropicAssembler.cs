using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Wire.Json;

namespace Holdfast.Wire.Anthropic;

/// <summary>Puts a message together out of its events: the message of <c>message_start</c>, its blocks with their deltas,
/// and what <c>message_delta</c> says in the end.</summary>
internal sealed class AnthropicAssembler : EventAssembler
{
    private readonly Dictionary<int, Block> _blocks = [];
    private JsonObject? _message;
    private bool _isWhole;

    protected override JsonObject? Whole()
    {
        if (!_isWhole || _message is not { } message)
        {
            return null;
        }

        message["content"] = new JsonArray([.. _blocks.OrderBy(pair => pair.Key).Select(pair => pair.Value.Finish())]);
        return message;
    }

    protected override bool Take(JsonObject e)
    {
        switch ((string?)e["type"])
        {
            case "message_start":
                _message = e["message"]?.DeepClone() as JsonObject;
                return _message is not null;
            case "content_block_start":
                return e["content_block"] is JsonObject start && _blocks.TryAdd(e.Index(), new((JsonObject)start.DeepClone()));
            case "content_block_delta":
                return e["delta"] is JsonObject delta && _blocks[e.Index()].Take(delta);
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
                case "delta" when value is JsonObject delta:
                    Copy(delta, message);
                    break;
                case "usage" when value is JsonObject said && message["usage"] is JsonObject usage:
                    Copy(said, usage);
                    break;
                case "delta" or "usage" when value is null:
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
        private readonly GrowingObject _block = new(start);
        private StringBuilder? _input;

        public bool Take(JsonObject delta)
        {
            switch ((string?)delta["type"])
            {
                case "text_delta":
                    _block.Append("text", delta["text"]);
                    return true;
                case "thinking_delta":
                    _block.Append("thinking", delta["thinking"]);
                    return true;
                case "signature_delta":
                    _block.Append("signature", delta["signature"]);
                    return true;
                case "input_json_delta":
                    (_input ??= new()).Append((string?)delta["partial_json"]);
                    return true;
                case "citations_delta":
                    _block.AppendAll("citations", new JsonArray(delta["citation"]?.DeepClone()));
                    return true;
                default:
                    return false;
            }
        }

        public JsonObject Finish()
        {
            if (_input is { Length: > 0 } input)
            {
                // Where it is no JSON the provider would have given none either.
                start["input"] = JsonNode.Parse(input.ToString());
            }

            return _block.Finish();
        }
    }
}
