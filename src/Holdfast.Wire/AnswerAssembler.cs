namespace Holdfast.Wire;

/// <summary>Puts the answer together that a provider would have given without streaming, out of the events of one that was
/// streamed. Used by one loop.</summary>
public abstract class AnswerAssembler
{
    /// <summary>Takes one whole frame. What cannot be understood makes that no answer comes out.</summary>
    public abstract void Add(ReadOnlySpan<byte> frame);

    /// <summary>The answer's JSON; null where the events were no whole answer, or hold something unknown.</summary>
    public abstract byte[]? Finish();
}
