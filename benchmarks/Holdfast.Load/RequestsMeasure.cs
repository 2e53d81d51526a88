using System.Diagnostics;

namespace Holdfast.Load;

/// <summary>Small JSON requests on 32 connections, each asking again as soon as it was answered.</summary>
internal sealed class RequestsMeasure(TestBed bed) : IMeasure
{
    private const int Connections = 32;

    // Twice each: whoever goes first also warms the simulator and this program.
    private static readonly Side[] WarmUp = [Side.Gateway, Side.Floor, Side.Gateway, Side.Floor];
    private readonly Pair _pair = new(bed);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => "requests";

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
        var request = Requests.Message(target.Address, "sim");
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
}
