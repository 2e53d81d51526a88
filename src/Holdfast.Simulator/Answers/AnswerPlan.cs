namespace Holdfast.Simulator.Answers;

/// <summary>One write of an answer: its literal bytes, framing included, and what it waits for first.</summary>
internal readonly record struct Frame(ReadOnlyMemory<byte> Bytes, TimeSpan Wait, IReadOnlyList<Gate> Gates);

/// <summary>An answer worked out to the last byte: the connection only waits and writes. Immutable, reusable.</summary>
internal sealed record AnswerPlan(AnswerEnding Ending)
{
    /// <summary>Status line and headers, without the request id and the blank line. Empty: no head.</summary>
    public ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>The name of the request id header, or null for a protocol without one.</summary>
    public string? RequestIdHeader { get; init; }

    /// <summary>Bytes before the head, such as an unasked <c>100 Continue</c>.</summary>
    public ReadOnlyMemory<byte> Interim { get; init; }

    public TimeSpan HeadDelay { get; init; }

    /// <summary>Whether the connection ends where the head would begin.</summary>
    public bool NothingSent { get; init; }

    public IReadOnlyList<Frame> Frames { get; init; } = [];

    /// <summary>Whether the body was cut short on purpose.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether head and body leave in one write: a whole answer without waits.</summary>
    public bool IsImmediate { get; init; }
}
