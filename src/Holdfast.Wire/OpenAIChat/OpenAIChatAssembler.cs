using System.Text.Json.Nodes;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire.OpenAIChat;

/// <summary>Puts a completion together out of its chunks: choices by index, each with the message its deltas make; of the
/// older Completions each with its text.</summary>
internal sealed class OpenAIChatAssembler : EventAssembler
{
    private readonly GrowingObject _completion = new([]);
    private readonly SortedDictionary<int, Choice> _choices = [];
    private bool _isDone;

    protected override ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> frame)
    {
        var data = SseEvent.Parse(frame).Data.Trim(" \t\r\n"u8);
        if (!data.SequenceEqual("[DONE]"u8))
        {
            return data;
        }

        _isDone = true;
        return default;
    }

    protected override bool Take(JsonObject e)
    {
        foreach (var (name, value) in e)
        {
            switch (name)
            {
                case "error" when value is not null:
                    return false;
                case "obfuscation":
                    // Padding of the stream.
                    break;
                case "object":
                    _completion.Set(name, (string?)value == "chat.completion.chunk" ? "chat.completion" : value);
                    break;
                case "choices":
                    // Holds the place.
                    _completion.Members.TryAdd(name, null);
                    if (!TakeChoices(value))
                    {
                        return false;
                    }

                    break;
                default:
                    _completion.Set(name, value);
                    break;
            }
        }

        return true;
    }

    protected override JsonObject? Whole()
    {
        if (!_isDone || _choices.Count == 0 || _choices.Values.Any(choice => !choice.IsFinished))
        {
            return null;
        }

        var completion = _completion.Finish();
        completion["choices"] = new JsonArray([.. _choices.Values.Select(choice => choice.Finish())]);
        if (completion["usage"] is null)
        {
            // It was not asked for. Only a chunk may say that it has none.
            completion.Remove("usage");
        }

        return completion;
    }

    private bool TakeChoices(JsonNode? choices)
    {
        foreach (var members in choices.Objects())
        {
            var index = (int?)members["index"] ?? 0;
            if (!_choices.TryGetValue(index, out var choice))
            {
                _choices[index] = choice = new(index);
            }

            if (!choice.Take(members))
            {
                return false;
            }
        }

        return true;
    }

    private sealed class Choice(int index)
    {
        private readonly GrowingObject _choice = new(new() { ["index"] = index });
        private GrowingObject? _logprobs;
        private GrowingMessage? _message;

        /// <summary>Whether it says why it stopped.</summary>
        public bool IsFinished { get; private set; }

        public bool Take(JsonObject choice)
        {
            foreach (var (name, value) in choice)
            {
                switch (name)
                {
                    case "index":
                        break;
                    case "text":
                        _choice.Append(name, value);
                        break;
                    case "delta" when value is JsonObject delta:
                        _choice.Members.TryAdd("message", null);
                        _message ??= new();
                        if (!_message.Take(delta))
                        {
                            return false;
                        }

                        break;
                    case "delta" or "message":
                        // A message beside the delta is the same once more.
                        break;
                    case "logprobs" when value is JsonObject logprobs:
                        TakeLogprobs(logprobs);
                        break;
                    case "finish_reason":
                        _choice.Set(name, value);
                        IsFinished |= !string.IsNullOrEmpty((string?)value);
                        break;
                    default:
                        if (!_choice.TrySet(name, value))
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
            var choice = _choice.Finish();
            if (_message is not null)
            {
                choice["message"] = _message.Finish();
            }

            return choice;
        }

        /// <summary>Its lists go on from chunk to chunk.</summary>
        private void TakeLogprobs(JsonObject logprobs)
        {
            if (_logprobs is null)
            {
                _choice.Members["logprobs"] = logprobs.DeepClone();
                _logprobs = new(_choice.Members["logprobs"]!.AsObject());
                return;
            }

            foreach (var (name, value) in logprobs)
            {
                if (value is JsonArray)
                {
                    _logprobs.AppendAll(name, value);
                }
                else
                {
                    _logprobs.Set(name, value);
                }
            }
        }
    }
}
