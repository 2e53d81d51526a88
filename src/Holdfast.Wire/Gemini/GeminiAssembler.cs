using System.Text.Json.Nodes;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire.Gemini;

/// <summary>Puts an answer together out of the partial ones a stream consists of, be it of events or one JSON array:
/// candidates by index, each with the parts of all of them; of everything else the last value.</summary>
internal sealed class GeminiAssembler : EventAssembler
{
    private readonly GrowingObject _answer = new([]);
    private readonly SortedDictionary<int, Candidate> _candidates = [];
    private bool _isBlocked;
    private bool _isArray;
    private bool _isClosed;

    protected override ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> frame)
    {
        var element = frame.Trim("[, \t\r\n"u8);
        if (element.SequenceEqual("]"u8))
        {
            _isClosed = true;
            return default;
        }

        if (element.IsEmpty || element[0] != '{')
        {
            return SseEvent.Parse(frame).Data;
        }

        _isArray = true;
        return element;
    }

    protected override bool Take(JsonObject e)
    {
        foreach (var (name, value) in e)
        {
            switch (name)
            {
                case "error" when value is not null:
                    return false;
                case "candidates":
                    _answer.Members.TryAdd(name, null);
                    if (!TakeCandidates(value))
                    {
                        return false;
                    }

                    break;
                default:
                    _isBlocked |= name == "promptFeedback" && value?["blockReason"] is not null;
                    _answer.Set(name, value);
                    break;
            }
        }

        return true;
    }

    protected override JsonObject? Whole()
    {
        var isFinished = _candidates.Count > 0 && _candidates.Values.All(candidate => candidate.IsFinished);
        if ((_isArray && !_isClosed) || !(isFinished || _isBlocked))
        {
            return null;
        }

        var answer = _answer.Finish();
        if (_candidates.Count > 0)
        {
            answer["candidates"] = new JsonArray([.. _candidates.Values.Select(candidate => candidate.Finish())]);
        }
        else
        {
            answer.Remove("candidates");
        }

        return answer;
    }

    private bool TakeCandidates(JsonNode? candidates)
    {
        foreach (var members in candidates.Objects())
        {
            var index = (int?)members["index"] ?? 0;
            if (!_candidates.TryGetValue(index, out var candidate))
            {
                _candidates[index] = candidate = new();
            }

            if (!candidate.Take(members))
            {
                return false;
            }
        }

        return true;
    }

    private sealed class Candidate
    {
        private readonly GrowingObject _candidate = new([]);
        private readonly GrowingObject _content = new([]);
        private readonly List<GrowingObject> _parts = [];

        /// <summary>Whether it says why it stopped.</summary>
        public bool IsFinished { get; private set; }

        public bool Take(JsonObject candidate)
        {
            foreach (var (name, value) in candidate)
            {
                switch (name)
                {
                    case "content" when value is JsonObject content:
                        _candidate.Members.TryAdd(name, null);
                        if (!TakeContent(content))
                        {
                            return false;
                        }

                        break;
                    case "logprobsResult" or "avgLogprobs" when _candidate.Members[name] is not null:
                        // Each is about its own chunk; what they come to together is not said.
                        return false;
                    default:
                        IsFinished |= name == "finishReason" && value is not null;
                        _candidate.Set(name, value);
                        break;
                }
            }

            return true;
        }

        public JsonObject Finish()
        {
            var candidate = _candidate.Finish();
            if (candidate.ContainsKey("content"))
            {
                var content = _content.Finish();
                if (_parts.Count > 0)
                {
                    content["parts"] = new JsonArray([.. _parts.Select(part => part.Finish())]);
                }

                candidate["content"] = content;
            }

            return candidate;
        }

        private bool TakeContent(JsonObject content)
        {
            foreach (var (name, value) in content)
            {
                if (name != "parts")
                {
                    _content.Set(name, value);
                    continue;
                }

                _content.Members.TryAdd(name, null);
                foreach (var part in value.Objects())
                {
                    if (!TakePart(part))
                    {
                        return false;
                    }
                }
            }

            return true;
        }

        /// <summary>A text goes on with the one before it, if both are thoughts or neither is, until it is signed. Every other
        /// part stands alone, with its signature.</summary>
        private bool TakePart(JsonObject part)
        {
            var last = _parts.LastOrDefault();
            if (GoesOnElsewhere(part) || (IsSound(part) && last is not null && IsSound(last.Members)))
            {
                return false;
            }

            if (IsText(part) && last is not null && IsText(last.Members)
                && IsThought(part) == IsThought(last.Members) && !last.Members.ContainsKey("thoughtSignature"))
            {
                last.Append("text", part["text"]);
                if (part["thoughtSignature"] is { } signature)
                {
                    last.Set("thoughtSignature", signature);
                }
            }
            else if (last is null || !IsBlank(part))
            {
                if (last is not null && IsBlank(last.Finish()))
                {
                    _parts.Remove(last);
                }

                _parts.Add(new(part.DeepClone().AsObject()));
            }

            return true;
        }

        /// <summary>Whether a call's arguments come in pieces, which have a notation of their own (Vertex).</summary>
        private static bool GoesOnElsewhere(JsonObject part) =>
            part["functionCall"] is JsonObject call && (call.ContainsKey("partialArgs") || call.ContainsKey("willContinue"));

        /// <summary>Whether it may be a piece of a longer sound: how to join them depends on what they are made of.</summary>
        private static bool IsSound(JsonObject part) =>
            ((string?)part["inlineData"]?["mimeType"])?.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) == true;

        /// <summary>Whether it is a text and nothing but that.</summary>
        private static bool IsText(JsonObject part) =>
            part.ContainsKey("text") && part.All(member => member.Key is "text" or "thought" or "thoughtSignature");

        private static bool IsThought(JsonObject part) => (bool?)part["thought"] == true;

        /// <summary>Whether it says nothing beside other parts.</summary>
        private static bool IsBlank(JsonObject part) =>
            IsText(part) && !part.ContainsKey("thoughtSignature") && string.IsNullOrEmpty((string?)part["text"]);
    }
}
