namespace Holdfast.Recording.Records;

/// <summary>What became of an answer whose client was lost.</summary>
public enum TurnFate
{
    /// <summary>It was read to its end for a client that asks again.</summary>
    Drained,

    /// <summary>Nobody asked for it in time, or it failed.</summary>
    GivenUp,

    /// <summary>It was too large to be kept.</summary>
    Outgrown,
}

/// <summary>How a <see cref="TurnFate"/> is spelled in every output.</summary>
public static class TurnFateWords
{
    /// <summary>Its word.</summary>
    public static string Word(this TurnFate fate) => fate switch
    {
        TurnFate.Drained => "drained",
        TurnFate.GivenUp => "given_up",
        TurnFate.Outgrown => "outgrown",
        _ => throw new ArgumentOutOfRangeException(nameof(fate), fate, null),
    };
}
