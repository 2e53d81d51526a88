namespace Holdfast.Load;

/// <summary>Small streams, whose ten events come at once, on 32 connections: what a stream costs that is hardly one. Beside
/// each gateway, in the same round, the same build without a journal.</summary>
internal sealed class TenMeasure(TestBed bed) : IMeasure
{
    private const int Connections = 32;
    private const int Events = 10;

    // A stream is listed, and its events are kept: some 15 µs of processor time, in streams that take no longer than that.
    private const double LeastShare = 0.85;
    private readonly Targets _targets = new(bed);
    private readonly Targets _withoutJournal = new(bed, JournalMeasure.WithoutJournal);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => "ten";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("streams/s", "", Bar.AtLeastTimesFloor(0.92)),
        new("processor time a stream", "µs", Bar.None),
        new("share of the streams/s without a journal", "", Bar.AtLeast(LeastShare)),
        new("processor time a stream without a journal", "µs", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _targets.StartAsync(bed.Settings.Sides);
        await _withoutJournal.StartAsync(bed.Settings.Sides.Where(side => side != Side.Floor));
        await WarmUp.UntilSteadyAsync(bed, Name, async side => (await RunRoundAsync(side))[1]);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var with = await LoadAsync(_targets[side]);
        if (side == Side.Floor)
        {
            return [with.PerSecond, with.Processor, double.NaN, double.NaN, with.Failed];
        }

        var without = await LoadAsync(_withoutJournal[side]);
        return
        [
            with.PerSecond, with.Processor, with.PerSecond / without.PerSecond, without.Processor, with.Failed + without.Failed,
        ];
    }

    public void Dispose()
    {
        _targets.Dispose();
        _withoutJournal.Dispose();
    }

    private Task<MeasuredLoad> LoadAsync(Target target) => MeasuredLoad.RunAsync(
        target, Requests.Message(target.Address, "sim", stream: true), Connections, _length, Events);
}
