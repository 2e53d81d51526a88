using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;

namespace Holdfast.TestKit;

/// <summary>What befalls the first request before any generated output; every later one is answered well.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="AnswerTo">What the first request gets.</param>
/// <param name="FallsSilent">Where it falls silent, if it does.</param>
public sealed record OneFault(string Name, Func<SimulatedRequest, Answer> AnswerTo, FallsSilent FallsSilent = FallsSilent.Never)
{
    /// <summary>Every fault, for theories.</summary>
    public static IReadOnlyList<OneFault> All { get; } =
    [
        new("RST before headers", _ => Answer.Ok().ResetBeforeHeaders()),
        new("RST after headers", _ => Answer.Ok().ResetAfter(bytes: 0)),
        new("RST mid-handshake", request => Begun(request).ResetAfterEvent(1)),
        new("500", _ => Answer.Error(500)),
        new("529", _ => Answer.Error(529)),
        new("429", _ => Answer.Error(429)),
        new("429, retry-after", _ => Answer.Like("sim-h429-ra1")),
        new("no headers", _ => Answer.Never(), FallsSilent.BeforeFirstByte),
        new("stall mid-handshake", request => Begun(request).SilentAfter(1), FallsSilent.AfterHandshake),
    ];

    /// <summary>Gemini has no opening event of its own: an empty chunk takes its place.</summary>
    private const string EmptyGeminiChunk =
        """
        data: {"candidates":[{"content":{"role":"model"},"index":0}],"modelVersion":"sim","responseId":"sim"}


        """;

    /// <summary>The fault of this name.</summary>
    public static OneFault Named(string name) => All.Single(fault => fault.Name == name);

    /// <summary>Lets it befall the next request of an upstream.</summary>
    public void Befall(SimulatedUpstream upstream) => upstream.Script(Answer.Choose(AnswerTo));

    public override string ToString() => Name;

    private static Answer Begun(SimulatedRequest request) => request.Protocol == SimulatedProtocol.Gemini
        ? Answer.Sse(SimulatedProtocol.Gemini, EmptyGeminiChunk)
        : Answer.Ok();
}

/// <summary>Where an upstream falls silent.</summary>
public enum FallsSilent
{
    Never,
    BeforeFirstByte,
    AfterHandshake,
}
