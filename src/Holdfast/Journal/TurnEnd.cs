namespace Holdfast.Journal;

/// <summary>How the making of an answer ended.</summary>
internal enum TurnEnd
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>The answer is whole.</summary>
    Whole,

    /// <summary>Nothing more comes: it failed, and ends with what its client was told of that, if anything.</summary>
    Failed,
}
