using System.Net;

namespace Holdfast.Load;

/// <summary>What recording costs: small JSON requests on 32 connections. In the floor's place stands the same gateway without
/// recording.</summary>
internal sealed class RecordingMeasure(TestBed bed) : IMeasure
{
    private const int Connections = 32;
    private readonly Targets _targets = new(bed, configureFloor: WithoutRecording);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => "recording";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("requests/s", "", Bar.AtLeastTimesFloor(0.95)),
        new("p99", "ms", Bar.AtMostAboveFloor(0.2)),
        new("processor time a request", "µs", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _targets.StartAsync(bed.Settings.Sides);
        await WarmUp.UntilSteadyAsync(bed, Name, async side => (await RunRoundAsync(side))[2]);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _targets[side];
        var load = await MeasuredLoad.RunAsync(target, Requests.Message(target.Address, "sim"), Connections, _length);
        return [load.PerSecond, Percentiles.Of(load.Whole, answer => answer.End).At(0.99), load.Processor, load.Failed];
    }

    public void Dispose() => _targets.Dispose();

    private static string WithoutRecording(IPEndPoint upstream) => $$"""
        {
          "upstreams": { "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}" } },
          "recording": { "enabled": false }
        }
        """;
}
