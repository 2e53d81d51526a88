namespace Holdfast.EndToEnd.Agents;

/// <summary>What a client does when it did not get its whole answer.</summary>
public enum Comeback
{
    /// <summary>It asks for the same turn again.</summary>
    SameTurn,

    /// <summary>It sends what it has of the answer, and gets the rest of it.</summary>
    TheRest,

    /// <summary>It sends what it has of the answer, and gets another one, which is linked to the first.</summary>
    AnotherAnswer,

    /// <summary>It takes what it has for a step that is done, and goes on from there.</summary>
    TheNextStep,
}
