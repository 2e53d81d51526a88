namespace Holdfast.Load;

/// <summary>One whole-process measure. Owns the processes it starts and gives one value a figure and round.</summary>
internal interface IMeasure : IDisposable
{
    string Name { get; }

    int Rounds { get; }

    /// <summary>Whether another build of ours can be measured too.</summary>
    bool KnowsBaseline => true;

    IReadOnlyList<Figure> Figures { get; }

    Task PrepareAsync();

    Task<double[]> RunRoundAsync(Side side);
}

/// <summary>What a measure tells: its median over the rounds, or the sum where no round may hide another.</summary>
internal sealed record Figure(string Name, string Unit, Bar Bar, bool IsSum = false);
