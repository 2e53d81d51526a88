using System.Diagnostics;
using System.Net;

namespace Holdfast.Load;

/// <summary>What the journal costs those who never come back: small JSON requests, then small streams, on 32 connections.
/// In the floor's place stands the same gateway without a journal.</summary>
internal sealed class JournalMeasure(TestBed bed) : IMeasure
{
    private const int Connections = 32;
    private const double LeastShareOfRequests = 0.97;

    // A stream is listed, and its events are kept: some 15 µs of processor time, in streams that take no longer than that.
    private const double LeastShareOfStreams = 0.85;

    // Twice each: whoever goes first also warms the simulator and this program.
    private static readonly Side[] WarmUp = [Side.Gateway, Side.Floor, Side.Gateway, Side.Floor];
    private readonly Pair _pair = new(bed, configureFloor: WithoutJournal);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(bed.Settings.Quick ? 1 : 4);

    public string Name => "journal";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("requests/s", "", Bar.AtLeastTimesFloor(LeastShareOfRequests)),
        new("processor time a request", "µs", Bar.None),
        new("streams/s", "", Bar.AtLeastTimesFloor(LeastShareOfStreams)),
        new("processor time a stream", "µs", Bar.None),
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
        await _pair.StartAsync();
        foreach (var side in WarmUp)
        {
            await RunRoundAsync(side);
        }
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var requests = await LoadAsync(_pair[side], stream: false);
        var streams = await LoadAsync(_pair[side], stream: true);
        return [requests.PerSecond, requests.Processor, streams.PerSecond, streams.Processor, requests.Failed + streams.Failed];
    }

    public void Dispose() => _pair.Dispose();

    private async Task<(double PerSecond, double Processor, int Failed)> LoadAsync(Target target, bool stream)
    {
        var request = Requests.Message(target.Address, "sim", stream);
        var processor = target.Process.ProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var answers = await LoadClients.RepeatAsync(target, request, Connections, _length);
        var elapsed = Stopwatch.GetElapsedTime(started);
        processor = target.Process.ProcessorTime - processor;

        var whole = answers.Count(answer => answer.IsWhole);
        return (whole / elapsed.TotalSeconds, processor.TotalMicroseconds / Math.Max(1, whole), answers.Count - whole);
    }
}
