using System.Text.Json.Nodes;
using Holdfast.Wire.Json;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>The message that the deltas of one choice make.</summary>
internal sealed class GrowingMessage
{
    // What every message has, be it null.
    private readonly GrowingObject _message = new(new() { ["role"] = "assistant", ["content"] = null, ["refusal"] = null });
    private readonly List<Call> _calls = [];
    private readonly SortedDictionary<int, GrowingObject> _reasoning = [];
    private GrowingObject? _function;
    private GrowingObject? _audio;
    private MemoryStream? _sound;

    /// <summary>Takes a delta; false where it holds a text or a list whose pieces cannot be told from whole values.</summary>
    public bool Take(JsonObject delta)
    {
        foreach (var (name, value) in delta)
        {
            switch (name)
            {
                case "content" or "refusal" or "reasoning_content" or "reasoning":
                    _message.Append(name, value);
                    break;
                case "role":
                    _message.Set(name, value);
                    break;
                case "annotations":
                    _message.AppendAll(name, value);
                    break;
                case "tool_calls":
                    foreach (var fragment in value.Objects())
                    {
                        TakeCall(fragment);
                    }

                    break;
                case "function_call" when value is JsonObject function:
                    TakePieces(_function ??= new([]), function, "arguments");
                    break;
                case "audio" when value is JsonObject audio:
                    TakeAudio(audio);
                    break;
                case "reasoning_details":
                    foreach (var detail in value.Objects())
                    {
                        TakeReasoning(detail);
                    }

                    break;
                default:
                    if (!_message.TrySet(name, value))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    public JsonObject Finish()
    {
        var message = _message.Finish();
        if (_reasoning.Count > 0)
        {
            message["reasoning_details"] = new JsonArray([.. _reasoning.Values.Select(detail => detail.Finish())]);
        }

        if (_calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. _calls.OrderBy(call => call.Index).Select(call => call.Finish())]);
        }

        if (_function is not null)
        {
            message["function_call"] = _function.Finish();
        }

        if (_audio is not null)
        {
            message["audio"] = _audio.Finish();
            if (_sound is not null)
            {
                message["audio"]!["data"] = Convert.ToBase64String(_sound.GetBuffer(), 0, (int)_sound.Length);
            }
        }

        return message;
    }

    /// <summary>A fragment belongs to the last call of its index. Some servers number all calls 0 or none at all: another id
    /// together with a name is another call.</summary>
    private void TakeCall(JsonObject fragment)
    {
        var index = (int?)fragment["index"] ?? _calls.LastOrDefault()?.Index ?? 0;
        var call = _calls.FindLast(call => call.Index == index);
        if (call is null || call.IsOther(fragment))
        {
            _calls.Add(call = new(index));
        }

        call.Take(fragment);
    }

    /// <summary>Each piece is encoded for itself: together they are no base64.</summary>
    private void TakeAudio(JsonObject audio)
    {
        _audio ??= new([]);
        if (audio["data"] is { } data)
        {
            (_sound ??= new()).Write(Convert.FromBase64String((string)data!));
        }

        TakePieces(_audio, audio, "transcript");
    }

    /// <summary>Throws where a detail has no index: whether it goes on with the last one is not known then.</summary>
    private void TakeReasoning(JsonObject detail)
    {
        var index = detail.Index();
        if (!_reasoning.TryGetValue(index, out var known))
        {
            _reasoning[index] = known = new([]);
        }

        TakePieces(known, detail, "text", "summary");
    }

    private static void TakePieces(GrowingObject whole, JsonObject pieces, params ReadOnlySpan<string> texts)
    {
        foreach (var (name, value) in pieces)
        {
            if (texts.Contains(name))
            {
                whole.Append(name, value);
            }
            else
            {
                whole.Set(name, value);
            }
        }
    }

    private sealed class Call(int index)
    {
        private readonly GrowingObject _call = new([]);
        private readonly Dictionary<string, GrowingObject> _called = [];

        public int Index => index;

        public bool IsOther(JsonObject fragment) =>
            (string?)fragment["id"] is { Length: > 0 } id && (string?)_call.Members["id"] is { Length: > 0 } known && id != known
            && !string.IsNullOrEmpty((string?)(fragment["function"] ?? fragment["custom"])?["name"]);

        public void Take(JsonObject fragment)
        {
            foreach (var (name, value) in fragment)
            {
                if (name is "function" or "custom" && value is JsonObject pieces)
                {
                    _call.Members.TryAdd(name, null);
                    if (!_called.TryGetValue(name, out var called))
                    {
                        _called[name] = called = new([]);
                    }

                    TakePieces(called, pieces, "arguments", "input");
                }
                else if (name != "index")
                {
                    _call.Set(name, value);
                }
            }
        }

        public JsonObject Finish()
        {
            foreach (var (name, called) in _called)
            {
                _call.Members[name] = called.Finish();
            }

            return _call.Finish();
        }
    }
}
