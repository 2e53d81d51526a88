using System.Runtime.InteropServices;
using System.Text.Json;
using Holdfast.Wire.Bytes;

namespace Holdfast.Wire.Json;

/// <summary>Notices, token by token, an object that has a member twice, at any depth and however its name is spelled. Takes
/// eight bytes a member of the objects that are open, and no longer than sorting them, whatever the document.</summary>
internal sealed class MemberNames
{
    private readonly List<ulong> _names = [];
    private readonly List<int> _starts = [];

    /// <summary>Whether an object that is closed had a member twice.</summary>
    public bool HasTwice { get; private set; }

    /// <summary>Notes the token the reader stands on. Throws <see cref="InvalidOperationException"/> for a name that is no
    /// text.</summary>
    public void Note(in Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                _starts.Add(_names.Count);
                break;
            case JsonTokenType.PropertyName:
                _names.Add(HashOf(reader));
                break;
            case JsonTokenType.EndObject:
                Close();
                break;
        }
    }

    /// <summary>Reads the value the reader stands on to its end.</summary>
    public void NoteValue(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        Note(reader);
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        while (reader.Read())
        {
            Note(reader);
            if (reader.CurrentDepth == depth)
            {
                return;
            }
        }
    }

    private void Close()
    {
        var start = _starts[^1];
        _starts.RemoveAt(_starts.Count - 1);
        var names = CollectionsMarshal.AsSpan(_names)[start..];
        names.Sort();
        for (var i = 1; i < names.Length; i++)
        {
            HasTwice |= names[i] == names[i - 1];
        }

        CollectionsMarshal.SetCount(_names, start);
    }

    // Two names that meet by chance or on purpose count as one: such a body is taken for no other's, which does no harm.
    private static ulong HashOf(in Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped && !reader.HasValueSequence)
        {
            return HashOf(reader.ValueSpan);
        }

        var name = BufferPool.Rent((int)(reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length));
        try
        {
            return HashOf(name.AsSpan(0, reader.CopyString(name)));
        }
        finally
        {
            BufferPool.Return(name);
        }
    }

    private static ulong HashOf(ReadOnlySpan<byte> name)
    {
        // FNV-1a: names are short.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var letter in name)
        {
            hash = (hash ^ letter) * 1_099_511_628_211UL;
        }

        return hash;
    }
}
