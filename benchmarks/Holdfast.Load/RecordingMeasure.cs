using System.Diagnostics;
using System.Net;

namespace Holdfast.Load;

/// <summary>What recording costs: small JSON requests on 32 connections. In the floor's place stands the same gateway without
/// recording.</summary>
internal sealed class RecordingMeasure(TestBed bed) : IMeasure
{
    private const int Connections = 32;

    // Twice each: whoever goes first also warms the simulator and this program.
    private static readonly Side[] WarmUp = [Side.Gateway, Side.Floor, Side.Gateway, Side.Floor];
    private readonly Pair _pair = new(bed, configureFloor: WithoutRecording);
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
        var answers = await LoadClients.RepeatAsync(target, Requests.Message(target.Address, "sim"), Connections, _length);
        var elapsed = Stopwatch.GetElapsedTime(started);
        processor = target.Process.ProcessorTime - processor;

        var whole = answers.Where(answer => answer.IsWhole).ToList();
        return
        [
            whole.Count / elapsed.TotalSeconds,
            Percentiles.Of(whole, answer => answer.End).At(0.99),
            processor.TotalMicroseconds / Math.Max(1, whole.Count),
            answers.Count - whole.Count,
        ];
    }

    public void Dispose() => _pair.Dispose();

    private static string WithoutRecording(IPEndPoint upstream) => $$"""
        {
          "upstreams": { "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}" } },
          "recording": { "enabled": false }
        }
        """;
}
