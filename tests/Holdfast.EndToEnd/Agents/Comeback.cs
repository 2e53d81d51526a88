namespace Holdfast.EndToEnd.Agents;

/// <summary>What a client does when it did not get its whole answer.</summary>
public enum Comeback
{
    /// <summary>It gives up.</summary>
    None,

    /// <summary>It asks for the same turn again.</summary>
    SameTurn,

    /// <summary>It sends what it has of the answer, and asks for the rest.</summary>
    TheRest,
}
