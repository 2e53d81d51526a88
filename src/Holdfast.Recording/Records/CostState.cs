namespace Holdfast.Recording.Records;

/// <summary>What a cost rests on.</summary>
public enum CostState
{
    /// <summary>On tokens that the answer stated, and on a known price.</summary>
    Priced,

    /// <summary>On estimated tokens: input that was not stated costs nothing there.</summary>
    Estimated,

    /// <summary>On nothing: no price is known for that model at that time, or for the service tier or the tools it was served
    /// with.</summary>
    UnknownModel,
}

/// <summary>How a <see cref="CostState"/> is spelled in every output.</summary>
public static class CostStateWords
{
    /// <summary>Its word.</summary>
    public static string Word(this CostState state) => state switch
    {
        CostState.Priced => "priced",
        CostState.Estimated => "estimated",
        CostState.UnknownModel => "unknown_model",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
