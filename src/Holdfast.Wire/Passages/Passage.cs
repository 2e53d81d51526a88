using System.Buffers;
using Holdfast.Wire.Protocols;

namespace Holdfast.Wire.Passages;

/// <summary>
/// What happens to a request and its answer on the way between a client and one candidate. One for each candidate, chosen
/// with it; immutable, and touches bytes only. The relays know no other place where an answer changes.
/// </summary>
public abstract class Passage
{
    /// <summary>The passage of a candidate that speaks the client's own protocol.</summary>
    public static Passage Exact { get; } = new ExactPassage();

    /// <summary>The protocol in which the candidate is asked, and answers.</summary>
    /// <param name="path">What the client asked for.</param>
    public virtual WireProtocol Speaks(WirePath path) => path.Protocol;

    /// <summary>The target to ask for: a path with its query.</summary>
    /// <param name="path">What the client asked for.</param>
    /// <param name="model">The model to ask for; null for the one the client named.</param>
    public abstract string Target(WirePath path, string? model);

    /// <summary>The body to send.</summary>
    /// <param name="body">The client's body. What is returned may share its memory.</param>
    /// <param name="modelAt">Where the model stands in it, quotes included; of no length where it stands elsewhere.</param>
    /// <param name="model">The model to ask for; null for the one the client named.</param>
    public abstract SentBody Body(in ReadOnlySequence<byte> body, (long Start, int Length) modelAt, string? model);

    /// <summary>The passage of one streamed answer.</summary>
    /// <param name="path">What the client asked for.</param>
    /// <param name="context">What of the request its answer needs.</param>
    /// <param name="isModelReplaced">Whether another model was asked for than the client named.</param>
    public abstract StreamPassage Stream(WirePath path, StreamContext context, bool isModelReplaced);

    /// <summary>A whole answer, as the client gets it.</summary>
    /// <param name="path">What the client asked for.</param>
    /// <param name="answer">What the candidate answered. What is returned may share its memory.</param>
    public virtual ReadOnlySequence<byte> Whole(WirePath path, in ReadOnlySequence<byte> answer) => answer;

    /// <summary>An error answer, as the client gets it.</summary>
    /// <param name="path">What the client asked for.</param>
    /// <param name="error">What the candidate answered. What is returned may share its memory.</param>
    public virtual ReadOnlySequence<byte> Error(WirePath path, in ReadOnlySequence<byte> error) => error;

    /// <summary>What the passage does to an answer in which it repairs nothing.</summary>
    /// <param name="isModelReplaced">Whether another model was asked for than the client named.</param>
    public virtual Fidelity Fidelity(bool isModelReplaced) =>
        isModelReplaced ? Holdfast.Wire.Fidelity.ModelRewritten : Holdfast.Wire.Fidelity.Exact;
}

/// <summary>A body as a candidate gets it: up to three pieces, sent one behind the other.</summary>
/// <param name="Before">The first piece.</param>
/// <param name="Inserted">What stands behind it.</param>
/// <param name="Behind">The rest.</param>
public readonly record struct SentBody(
    ReadOnlySequence<byte> Before, ReadOnlyMemory<byte> Inserted = default, ReadOnlySequence<byte> Behind = default)
{
    /// <summary>Bytes of all pieces.</summary>
    public long Length => Before.Length + Inserted.Length + Behind.Length;
}
