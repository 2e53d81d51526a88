using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Wire.Json;

/// <summary>A JSON object that is put together out of pieces. Throws <see cref="InvalidOperationException"/> for a piece of
/// text that is none.</summary>
internal sealed class GrowingObject(JsonObject start)
{
    // A text of many pieces is copied once, not once a piece.
    private readonly Dictionary<string, StringBuilder> _texts = [];

    /// <summary>The object; its growing texts stand in it after <see cref="Finish"/>.</summary>
    public JsonObject Members => start;

    /// <summary>Adds a piece to a text. Null is kept where no text comes.</summary>
    public void Append(string name, JsonNode? piece)
    {
        if (piece is null)
        {
            start.TryAdd(name, null);
            return;
        }

        if (!_texts.TryGetValue(name, out var text))
        {
            _texts[name] = text = new((string?)start[name]);
            start[name] ??= "";
        }

        text.Append((string?)piece);
    }

    /// <summary>Adds the elements of a list to the list there is. Null is kept where no list comes.</summary>
    public void AppendAll(string name, JsonNode? elements)
    {
        if (start[name] is not JsonArray list)
        {
            start[name] = elements?.AsArray().DeepClone();
            return;
        }

        foreach (var element in elements?.AsArray() ?? [])
        {
            list.Add(element?.DeepClone());
        }
    }

    /// <summary>The last value wins, unless it says nothing.</summary>
    public void Set(string name, JsonNode? value)
    {
        if (SaysSomething(value))
        {
            start[name] = value!.DeepClone();
        }
        else
        {
            start.TryAdd(name, value?.DeepClone());
        }
    }

    /// <summary>The same for a member that is not known. False where a text or a list comes in the place of another one: it
    /// may be the next piece of it, or the next value.</summary>
    public bool TrySet(string name, JsonNode? value)
    {
        if (MayBePiece(value) && SaysSomething(start[name]) && !JsonNode.DeepEquals(value, start[name]))
        {
            return false;
        }

        Set(name, value);
        return true;
    }

    /// <summary>The object with its texts.</summary>
    public JsonObject Finish()
    {
        foreach (var (name, text) in _texts)
        {
            start[name] = text.ToString();
        }

        return start;
    }

    private static bool MayBePiece(JsonNode? value) =>
        SaysSomething(value) && value!.GetValueKind() is JsonValueKind.Array or JsonValueKind.String;

    private static bool SaysSomething(JsonNode? value) => value switch
    {
        null => false,
        JsonObject members => members.Count > 0,
        JsonArray elements => elements.Count > 0,
        _ => !JsonNode.DeepEquals(value, ""),
    };
}
