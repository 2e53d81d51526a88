using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>What the cost in a record is.</summary>
public enum CostState
{
    /// <summary>By the price book.</summary>
    [JsonStringEnumMemberName("priced")]
    Priced,

    /// <summary>As the tokens are: input that was not stated costs nothing there.</summary>
    [JsonStringEnumMemberName("estimated")]
    Estimated,

    /// <summary>No price is known for that model at that time, or for the service tier or the tools it was served with.</summary>
    [JsonStringEnumMemberName("unknown_model")]
    UnknownModel,
}

/// <summary>The words of <see cref="CostState"/>, as they stand in records, headers, logs and metrics.</summary>
public static class CostStateWords
{
    /// <summary>The word.</summary>
    public static string Word(this CostState costState) => costState switch
    {
        CostState.Priced => "priced",
        CostState.Estimated => "estimated",
        _ => "unknown_model",
    };
}
