namespace Holdfast.Failover;

/// <summary>What one step of a pattern does.</summary>
internal enum PatternStepKind
{
    /// <summary>Takes a letter of a set, then goes on at the next one.</summary>
    Take,

    /// <summary>Goes on at two others.</summary>
    Fork,

    /// <summary>Stands where a word begins or ends, and takes nothing.</summary>
    WordEdge,

    /// <summary>Stands where the text begins.</summary>
    Begin,

    /// <summary>Stands where the text ends, or in front of a line end that ends it.</summary>
    End,

    /// <summary>All is found.</summary>
    Found,
}

/// <summary>One step of a pattern.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Next">The step behind it.</param>
/// <param name="Other">Of a fork, the other one.</param>
/// <param name="Letters">Of a <see cref="PatternStepKind.Take"/>, whether it takes a <see cref="Letter"/>.</param>
internal readonly record struct PatternStep(PatternStepKind Kind, int Next, int Other = 0, bool[]? Letters = null);

/// <summary>A pattern as steps, the first one first.</summary>
/// <param name="steps">The steps.</param>
/// <param name="gaps">The steps at which gaps of a limited length go on: the first and the last of each. Being at the first is being
/// at all behind it.</param>
internal sealed class PatternProgram(IReadOnlyList<PatternStep> steps, IReadOnlyList<(int First, int Last)> gaps)
{
    /// <summary>Before the first letter. A place is written as what stands in front of it, then the steps that may be next.</summary>
    public const string AtStart = "^";

    private const char BehindWord = 'w';
    private const char BehindOther = '-';

    public IReadOnlyList<PatternStep> Steps => steps;

    /// <summary>The place behind a <see cref="Letter"/>; null when all is found in front of it.</summary>
    public string? Behind(string place, int letter)
    {
        var reached = new bool[steps.Count];
        var isEdge = (place[0] == BehindWord) != Letter.IsInWord(letter);
        var open = new Stack<int>(place.Skip(1).Select(step => (int)step));

        // It may begin anywhere.
        open.Push(0);
        var behind = new SortedSet<int>();
        while (open.TryPop(out var at))
        {
            if (reached[at])
            {
                continue;
            }

            reached[at] = true;
            var step = steps[at];
            switch (step.Kind)
            {
                case PatternStepKind.Found:
                    return null;
                case PatternStepKind.Take when step.Letters![letter]:
                    behind.Add(step.Next);
                    break;
                case PatternStepKind.Fork:
                    open.Push(step.Next);
                    open.Push(step.Other);
                    break;
                case PatternStepKind.WordEdge when isEdge:
                case PatternStepKind.Begin when place[0] == AtStart[0]:
                case PatternStepKind.End when Letter.IsEnd(letter):
                    open.Push(step.Next);
                    break;
            }
        }

        foreach (var (first, last) in gaps)
        {
            var inGap = behind.GetViewBetween(first, last);
            while (inGap.Count > 1)
            {
                inGap.Remove(inGap.Max);
            }
        }

        return string.Concat(behind.Select(step => (char)step).Prepend(Letter.IsInWord(letter) ? BehindWord : BehindOther));
    }
}
