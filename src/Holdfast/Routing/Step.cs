
namespace Holdfast.Routing;

/// <summary>What an exchange does next.</summary>
internal enum StepKind
{
    /// <summary>Ask the first choice.</summary>
    Begin,

    /// <summary>Ask the same candidate again, with the same credential.</summary>
    Retry,

    /// <summary>Ask the same candidate with another credential.</summary>
    Rotate,

    /// <summary>Ask the next candidate.</summary>
    FallBack,

    /// <summary>Wait until a limit resets, then ask whom it limited.</summary>
    WaitForLimit,

    /// <summary>Nothing more can be tried: the client is told.</summary>
    GiveUp,
}

/// <summary>The next step of a walk.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Delay">How long to wait before.</param>
internal readonly record struct Step(StepKind Kind, TimeSpan Delay = default)
{
    /// <summary>The word logs and records have for it.</summary>
    public string Word => Kind switch
    {
        StepKind.Begin => "attempt",
        StepKind.Retry => "retry",
        StepKind.Rotate => "rotate",
        StepKind.FallBack => "fallback",
        StepKind.WaitForLimit => "wait",
        _ => "surface",
    };
}
