using System.Text.Json.Serialization;

namespace Holdfast.Wire;

/// <summary>What was done to an answer on its way.</summary>
public enum Fidelity
{
    /// <summary>Nothing: every byte is the upstream's.</summary>
    [JsonStringEnumMemberName("exact")]
    Exact,

    /// <summary>What clients cannot take was put right, or a closing event added.</summary>
    [JsonStringEnumMemberName("repaired")]
    Repaired,

    /// <summary>Another model was asked for than the client named; the answer is the upstream's.</summary>
    [JsonStringEnumMemberName("model-rewritten")]
    ModelRewritten,

    /// <summary>A stream was put together as one document.</summary>
    [JsonStringEnumMemberName("assembled")]
    Assembled,
}

/// <summary>The words of <see cref="Fidelity"/>, as they stand in records, headers, logs and metrics.</summary>
public static class FidelityWords
{
    /// <summary>The word.</summary>
    public static string Word(this Fidelity fidelity) => fidelity switch
    {
        Fidelity.Exact => "exact",
        Fidelity.Repaired => "repaired",
        Fidelity.ModelRewritten => "model-rewritten",
        _ => "assembled",
    };
}
