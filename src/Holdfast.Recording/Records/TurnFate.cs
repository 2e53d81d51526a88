using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>What became of an answer whose client was lost.</summary>
public enum TurnFate
{
    /// <summary>It was read to its end for whoever asks again.</summary>
    [JsonStringEnumMemberName("drained")]
    Drained,

    /// <summary>Nobody asked in time, or it failed.</summary>
    [JsonStringEnumMemberName("given_up")]
    GivenUp,

    /// <summary>It was too large to be kept.</summary>
    [JsonStringEnumMemberName("outgrown")]
    Outgrown,
}

/// <summary>The words of <see cref="TurnFate"/>, as they stand in records, headers, logs and metrics.</summary>
public static class TurnFateWords
{
    /// <summary>The word.</summary>
    public static string Word(this TurnFate turnFate) => turnFate switch
    {
        TurnFate.Drained => "drained",
        TurnFate.GivenUp => "given_up",
        _ => "outgrown",
    };
}
