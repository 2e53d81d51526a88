using Holdfast.Journal;

namespace Holdfast.Tests.Journal;

/// <summary>A client of a turn that is what a test says it is.</summary>
internal sealed class Client : ITurnClient
{
    public bool IsGone { get; set; }

    public bool IsDead { get; set; }

    public bool IsLost => IsGone || IsDead;

    public bool HasHead { get; set; }

    public bool IsAborted { get; private set; }

    public void Abort() => IsAborted = true;
}

/// <summary>What was asked.</summary>
internal sealed record Asked(TurnRequest Request) : ITurnSource
{
    public TurnRequest Identify() => Request;
}
