using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>What the tokens of a record are.</summary>
public enum UsageState
{
    /// <summary>Stated by the answer, which came to its end.</summary>
    [JsonStringEnumMemberName("reported")]
    Reported,

    /// <summary>The same, but its client was gone by then.</summary>
    [JsonStringEnumMemberName("drained")]
    Drained,

    /// <summary>The stream ended before its time: the output tokens are the larger of what it had stated and a quarter of the characters it had brought, the others what it had stated.</summary>
    [JsonStringEnumMemberName("estimated")]
    Estimated,
}

/// <summary>The words of <see cref="UsageState"/>, as they stand in records, headers, logs and metrics.</summary>
public static class UsageStateWords
{
    /// <summary>The word.</summary>
    public static string Word(this UsageState usageState) => usageState switch
    {
        UsageState.Reported => "reported",
        UsageState.Drained => "drained",
        _ => "estimated",
    };
}
