using System.Net;

namespace Holdfast.Load;

/// <summary>What the journal costs those who never ask for a stream: small JSON requests on 32 connections. In the floor's
/// place stands the same gateway without a journal.</summary>
internal sealed class JournalMeasure(TestBed bed) : IMeasure
{
    private const int Connections = 32;
    private readonly Targets _targets = new(bed, configureFloor: WithoutJournal);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => "journal";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("requests/s", "", Bar.AtLeastTimesFloor(0.97)),
        new("processor time a request", "µs", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    /// <summary>The simulator as upstream, and no journal.</summary>
    public static string WithoutJournal(IPEndPoint upstream) => $$"""
        {
          "upstreams": { "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}" } },
          "journal": { "enabled": false }
        }
        """;

    public async Task PrepareAsync()
    {
        await _targets.StartAsync(bed.Settings.Sides);
        await WarmUp.UntilSteadyAsync(bed, Name, async side => (await RunRoundAsync(side))[1]);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _targets[side];
        var load = await MeasuredLoad.RunAsync(target, Requests.Message(target.Address, "sim"), Connections, _length);
        return [load.PerSecond, load.Processor, load.Failed];
    }

    public void Dispose() => _targets.Dispose();
}
