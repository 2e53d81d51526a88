namespace Holdfast.Load;

/// <summary>What one event of a stream costs: a stream that says 200, less one that says a single one. The events come 5 ms
/// apart, so that each passes by itself.</summary>
internal sealed class EventMeasure(TestBed bed) : IMeasure
{
    private const int Events = 200;
    private readonly Targets _targets = new(bed);
    private readonly PacedStreams _long = new(Clients: 64, Events, Gap: 5, Each: bed.Settings.Quick ? 1 : 4);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 3);

    public string Name => "event";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("processor time an event", "µs", Bar.AtMostTimesFloor(1.10)),
        new("processor time a stream of 200", "µs", Bar.None),
        new("processor time a stream of 1", "µs", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _targets.StartAsync(bed.Settings.Sides);
        await WarmUp.UntilSteadyAsync(bed, Name, async side => (await RunRoundAsync(side))[1]);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _targets[side];
        var ofOne = await MeasuredLoad.RunAsync(
            target, Requests.Message(target.Address, "sim-n1", stream: true), 32, _length, events: 1);
        var ofMany = await MeasuredLoad.RunAsync(target, _long);
        return
        [
            (ofMany.Processor - ofOne.Processor) / (Events - 1), ofMany.Processor, ofOne.Processor, ofOne.Failed + ofMany.Failed,
        ];
    }

    public void Dispose() => _targets.Dispose();
}
