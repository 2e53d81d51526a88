namespace Holdfast.Load;

/// <summary>Streams of 200 events: as many as the machine manages, with events 1 ms apart and all at once, and how soon the
/// first event is there where nothing is at its limit: 200 clients with events 20 ms apart.</summary>
internal sealed class StreamsMeasure(TestBed bed) : IMeasure
{
    private const int Events = 200;
    private readonly Targets _targets = new(bed);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);
    private readonly PacedStreams _paced =
        bed.Settings.Quick ? new(Clients: 20, Events: 100, Gap: 20, Each: 1) : new(Clients: 200, Events: 100, Gap: 20, Each: 2);

    public string Name => "streams";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("streams/s", "", Bar.AtLeastTimesFloor(0.85)),
        new("processor time a stream", "µs", Bar.None),
        new("streams/s, events at once", "", Bar.None),
        new("processor time a stream, at once", "µs", Bar.None),
        new("first event p50", "ms", Bar.AtMostTimesFloor(1.25)),
        new("first event p99", "ms", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _targets.StartAsync(bed.Settings.Sides);
        await WarmUp.UntilSteadyAsync(bed, Name, async side => (await LoadAsync(side, "-i1", connections: 128)).Processor);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        // More events than a small machine can pass on at that pace: the machine is the limit, not the gaps.
        var busy = await LoadAsync(side, "-i1", connections: 128);
        var atOnce = await LoadAsync(side, "", connections: 32);
        var paced = await MeasuredLoad.RunAsync(_targets[side], _paced);
        var first = Percentiles.Of(paced.Whole, answer => answer.FirstEvent);
        return
        [
            busy.PerSecond, busy.Processor, atOnce.PerSecond, atOnce.Processor, first.At(0.50), first.At(0.99),
            busy.Failed + atOnce.Failed + paced.Failed,
        ];
    }

    public void Dispose() => _targets.Dispose();

    private Task<MeasuredLoad> LoadAsync(Side side, string pace, int connections) => MeasuredLoad.RunAsync(
        _targets[side], Requests.Message(_targets[side].Address, $"sim-n{Events}{pace}", stream: true), connections, _length, Events);
}
