namespace Holdfast.Load;

/// <summary>Memory of a process that had much to do and has nothing to do any more, beside what it held before.</summary>
internal sealed class IdleMeasure(TestBed bed) : IMeasure
{
    private const double Megabyte = 1024 * 1024;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(25);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 2 : 8);

    public string Name => "idle";

    /// <summary>One round: it takes most of a minute a side, and memory hardly varies.</summary>
    public int Rounds => 1;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("resident 25 s after full load ÷ before", "", Bar.AtMost(1.3)),
        new("resident before", "MB", Bar.None),
        new("resident at the end of the load", "MB", Bar.None),
        new("resident 25 s after", "MB", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public Task PrepareAsync() => Task.CompletedTask;

    public async Task<double[]> RunRoundAsync(Side side)
    {
        using var target = await bed.StartAsync(side);
        await Task.Delay(Settle);
        var before = target.Process.Resident / Megabyte;
        var whole = await LoadClients.RepeatAsync(target, Requests.Message(target.Address, "sim"), 32, _length);
        var streams = await LoadClients.RepeatAsync(
            target, Requests.Message(target.Address, "sim-n200", stream: true), 256, _length);
        var busy = target.Process.Resident / Megabyte;
        await Task.Delay(Rest);
        var after = target.Process.Resident / Megabyte;
        return [after / before, before, busy, after, whole.Concat(streams).Count(answer => !answer.IsWhole)];
    }

    public void Dispose()
    {
    }
}
