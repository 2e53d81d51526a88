namespace Holdfast.Wire;

/// <summary>What was done to an answer on its way to the client.</summary>
public enum Fidelity
{
    /// <summary>Nothing: the client has the upstream's bytes.</summary>
    Exact,

    /// <summary>What clients are known to break on was repaired, whatever model was asked.</summary>
    Repaired,

    /// <summary>Another model was asked for than the client named; the answer is as it came.</summary>
    ModelRewritten,

    /// <summary>A stream was put together into one whole answer.</summary>
    Assembled,
}

/// <summary>How a <see cref="Fidelity"/> is spelled in every output.</summary>
public static class FidelityWords
{
    /// <summary>Its word.</summary>
    public static string Word(this Fidelity fidelity) => fidelity switch
    {
        Fidelity.Exact => "exact",
        Fidelity.Repaired => "repaired",
        Fidelity.ModelRewritten => "model-rewritten",
        Fidelity.Assembled => "assembled",
        _ => throw new ArgumentOutOfRangeException(nameof(fidelity), fidelity, null),
    };
}
