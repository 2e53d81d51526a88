namespace Holdfast.Wire;

/// <summary>Which of an answer's parallel choices (Chat) or candidates (Gemini) have begun and which have finished.</summary>
internal sealed class ChoiceSet
{
    private ulong _begun;
    private ulong _finished;

    /// <summary>Whether at least one has begun and all that have begun are finished.</summary>
    public bool AllFinished => _begun != 0 && _begun == _finished;

    /// <summary>Notes a choice; indices beyond 63 share the last place, which no provider reaches.</summary>
    public void Note(int index, bool isFinished)
    {
        var bit = 1UL << Math.Clamp(index, 0, 63);
        _begun |= bit;
        _finished |= isFinished ? bit : 0;
    }
}
