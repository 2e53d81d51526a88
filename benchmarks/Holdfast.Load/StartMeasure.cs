namespace Holdfast.Load;

/// <summary>From the command to the first 200, wrapper included, and the memory of an idle process.</summary>
internal sealed class StartMeasure(TestBed bed) : IMeasure
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    public string Name => "start";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("first 200", "ms", Bar.AtMost(300)),
        new("resident when idle", "MB", Bar.AtMost(80)),
    ];

    /// <summary>One start of each that does not count: the files come from memory afterwards.</summary>
    public async Task PrepareAsync()
    {
        (await bed.StartAsync(Side.Gateway)).Dispose();
        (await bed.StartAsync(Side.Floor)).Dispose();
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        using var target = await bed.StartAsync(side);
        await Task.Delay(Settle);
        return [target.StartTime.TotalMilliseconds, target.Process.Resident / 1024d / 1024d];
    }

    public void Dispose()
    {
    }
}
