namespace Holdfast.Load;

/// <summary>From the command to the first 200: the programs alone, and what the wrapper <c>./holdfast</c> adds. Then the
/// memory of a process that has nothing to do.</summary>
internal sealed class StartMeasure(TestBed bed) : IMeasure
{
    private const string ByWrapper = "./holdfast serve --config {config} --listen {listen}";
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);
    private readonly int _starts = bed.Settings.Quick ? 1 : 7;

    public string Name => "start";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("first 200", "ms", Bar.AtMostTimesFloor(1.05)),
        new("processor time until then", "ms", Bar.None),
        new("wrapper's own", "ms", Bar.None),
        new("resident when idle", "MB", Bar.AtMost(60)),
    ];

    /// <summary>One start of each that does not count: the files come from memory afterwards.</summary>
    public async Task PrepareAsync()
    {
        foreach (var side in bed.Settings.Sides)
        {
            (await bed.StartAsync(side)).Dispose();
        }

        (await bed.StartAsync(Side.Gateway, by: ByWrapper)).Dispose();
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        List<double> alone = [], processor = [], wrapped = [];
        for (var i = 0; i < _starts; i++)
        {
            using var one = await bed.StartAsync(side);
            processor.Add(one.Process.ProcessorTime.TotalMilliseconds);
            alone.Add(one.StartTime.TotalMilliseconds);
            if (side == Side.Gateway)
            {
                using var other = await bed.StartAsync(side, by: ByWrapper);
                wrapped.Add(other.StartTime.TotalMilliseconds);
            }
        }

        using var target = await bed.StartAsync(side);
        await Task.Delay(Settle);
        var direct = Spread.Of(alone).Median;
        return
        [
            direct, Spread.Of(processor).Median, Spread.Of(wrapped).Median - direct, target.Process.Resident / 1024d / 1024d,
        ];
    }

    public void Dispose()
    {
    }
}
