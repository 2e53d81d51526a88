using System.Net;

namespace Holdfast.Load;

/// <summary>Small JSON requests on 32 connections, each asking again as soon as it was answered: to one upstream, or by a
/// route of three candidates whose first answers.</summary>
internal sealed class RequestsMeasure(TestBed bed, bool byRoute = false) : IMeasure
{
    private const int Connections = 32;
    private readonly Targets _targets = new(bed, byRoute ? Routed : null);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => byRoute ? "route" : "requests";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("processor time a request", "µs", Bar.AtMostTimesFloor(1.15)),
        new("requests/s", "", Bar.AtLeastTimesFloor(0.92)),
        new("p99", "ms", Bar.AtMostTimesFloor(1.2)),
        new("p50", "ms", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _targets.StartAsync(bed.Settings.Sides);
        await WarmUp.UntilSteadyAsync(bed, Name, async side => (await RunRoundAsync(side))[0]);
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _targets[side];
        var load = await MeasuredLoad.RunAsync(
            target, Requests.Message(target.Address, "sim", byRoute: byRoute), Connections, _length);
        var times = Percentiles.Of(load.Whole, answer => answer.End);
        return [load.Processor, load.PerSecond, times.At(0.99), times.At(0.50), load.Failed];
    }

    public void Dispose() => _targets.Dispose();

    private static string Routed(IPEndPoint upstream) => $$"""
        {
          "upstreams": {
            "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}" },
            "second": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}", "credential": { "env": "BENCH_KEY" } },
            "third": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}", "credential": { "env": "BENCH_KEY" } }
          },
          "routes": [ { "model": "*", "candidates": ["anthropic", "second", "third"] } ]
        }
        """;
}
