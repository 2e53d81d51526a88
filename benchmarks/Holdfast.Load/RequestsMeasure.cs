using System.Diagnostics;

namespace Holdfast.Load;

/// <summary>Small JSON requests on 32 connections, each asking again as soon as it was answered: to one upstream, or by a
/// route of three candidates whose first answers.</summary>
internal sealed class RequestsMeasure(TestBed bed, bool byRoute = false) : IMeasure
{
    private const int Connections = 32;

    // Twice each: whoever goes first also warms the simulator and this program.
    private static readonly Side[] WarmUp = [Side.Gateway, Side.Floor, Side.Gateway, Side.Floor];
    private readonly Pair _pair = new(bed, byRoute ? Routed : null);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => byRoute ? "route" : "requests";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("requests/s", "", Bar.AtLeastTimesFloor(0.85)),
        new("p99", "ms", Bar.AtMostTimesFloor(1.3)),
        new("p50", "ms", Bar.None),
        new("processor time a request", "µs", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        await _pair.StartAsync();
        foreach (var side in WarmUp)
        {
            await RunRoundAsync(side);
        }
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _pair[side];
        var processor = target.Process.ProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var request = Requests.Message(target.Address, "sim", byRoute: byRoute);
        var answers = await LoadClients.RepeatAsync(target, request, Connections, _length);
        var elapsed = Stopwatch.GetElapsedTime(started);
        processor = target.Process.ProcessorTime - processor;

        var whole = answers.Where(answer => answer.IsWhole).ToList();
        var times = Percentiles.Of(whole, answer => answer.End);
        return
        [
            whole.Count / elapsed.TotalSeconds,
            times.At(0.99),
            times.At(0.50),
            processor.TotalMicroseconds / Math.Max(1, whole.Count),
            answers.Count - whole.Count,
        ];
    }

    public void Dispose() => _pair.Dispose();

    private static string Routed(System.Net.IPEndPoint upstream) => $$"""
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
