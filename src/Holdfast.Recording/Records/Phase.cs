using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>Where an attempt stands; it decides what may still happen.</summary>
public enum Phase
{
    /// <summary>Nothing of the request has gone out.</summary>
    [JsonStringEnumMemberName("undispatched")]
    Undispatched,

    /// <summary>The upstream may have the request; the client has nothing.</summary>
    [JsonStringEnumMemberName("dispatched")]
    Dispatched,

    /// <summary>The upstream has begun to answer; the client has nothing: the status is still ours to choose.</summary>
    [JsonStringEnumMemberName("held")]
    Held,

    /// <summary>The client has <c>200</c> and keepalives, no meaning: a failure is told inside the stream.</summary>
    [JsonStringEnumMemberName("opened")]
    Opened,

    /// <summary>The client has bytes of the answer: no other answer may replace it.</summary>
    [JsonStringEnumMemberName("committed")]
    Committed,
}

/// <summary>The words of <see cref="Phase"/>, as they stand in records, headers, logs and metrics.</summary>
public static class PhaseWords
{
    /// <summary>The word.</summary>
    public static string Word(this Phase phase) => phase switch
    {
        Phase.Undispatched => "undispatched",
        Phase.Dispatched => "dispatched",
        Phase.Held => "held",
        Phase.Opened => "opened",
        _ => "committed",
    };
}
