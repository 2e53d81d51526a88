namespace Holdfast.Exchanges;

/// <summary>Where an attempt stands; decides what may still happen (architecture: phases of an attempt).</summary>
internal enum Phase
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
