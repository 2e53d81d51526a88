namespace Holdfast.Recording.Records;

/// <summary>Where the numbers of tokens come from.</summary>
public enum UsageState
{
    /// <summary>The answer stated them, and came to its end.</summary>
    Reported,

    /// <summary>The answer stated them and came to its end, but its client was gone by then.</summary>
    Drained,

    /// <summary>The answer ended before its time: the output tokens are the larger of what it had stated and a quarter of the characters
    /// it had brought, the others are what it had stated.</summary>
    Estimated,
}

/// <summary>How a <see cref="UsageState"/> is spelled in every output.</summary>
public static class UsageStateWords
{
    /// <summary>Its word.</summary>
    public static string Word(this UsageState state) => state switch
    {
        UsageState.Reported => "reported",
        UsageState.Drained => "drained",
        UsageState.Estimated => "estimated",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
