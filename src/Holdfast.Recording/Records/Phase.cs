namespace Holdfast.Recording.Records;

/// <summary>Where an attempt stands; decides what may still happen.</summary>
public enum Phase
{
    /// <summary>Nothing was sent to the upstream.</summary>
    Undispatched,

    /// <summary>The upstream may have the request; the client has nothing.</summary>
    Dispatched,

    /// <summary>The upstream has begun to answer; the client has nothing: the status is still ours to choose.</summary>
    Held,

    /// <summary>The client has <c>200</c> and keepalives, no meaning: a failure is told inside the stream.</summary>
    Opened,

    /// <summary>The client has bytes of the answer: no other answer may replace it.</summary>
    Committed,
}

/// <summary>How a <see cref="Phase"/> is spelled in every output.</summary>
public static class PhaseWords
{
    /// <summary>Its word.</summary>
    public static string Word(this Phase phase) => phase switch
    {
        Phase.Undispatched => "undispatched",
        Phase.Dispatched => "dispatched",
        Phase.Held => "held",
        Phase.Opened => "opened",
        Phase.Committed => "committed",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, null),
    };
}
