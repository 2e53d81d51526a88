using System.Diagnostics;
using System.Net;

namespace Holdfast.Load;

/// <summary>From the failure of the first candidate to the first byte of the request at the second, for each kind of failure
/// in turn. The floor falls over to nobody: beside it stands how long its single hop takes, from the client to the
/// upstream.</summary>
internal sealed class FailoverMeasure(TestBed bed) : IMeasure
{
    private readonly Targets _targets = new(bed);
    private readonly FailingUpstream _first = new();
    private readonly FailingUpstream _second = new() { IsWell = true };
    private readonly int _count = bed.Settings.Quick ? 60 : 1_500;

    public string Name => "failover";

    public int Rounds => bed.Settings.Rounds;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("failure to next request p99", "ms", Bar.AtMost(5)),
        new("failure to next request p50", "ms", Bar.None),
        new("failed", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public async Task PrepareAsync()
    {
        foreach (var side in bed.Settings.Sides)
        {
            await (side == Side.Floor
                ? _targets.StartAsync(side, _second.Address)
                : _targets.StartAsync(side, _first.Address, FallingBack));
            await RunRoundAsync(side);
        }
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = _targets[side];
        var request = Requests.Message(target.Address, "bench", stream: true, byRoute: true);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var client = new LoadClient(target.Address);
        var times = new List<Answer>(_count);
        var failed = 0;
        for (var i = 0; i < _count; i++)
        {
            var sent = Stopwatch.GetTimestamp();
            var answer = await client.AskAsync(request, deadline.Token);
            failed += answer.IsWhole ? 0 : 1;
            var from = side != Side.Floor ? _first.LastAnswered : sent;
            times.Add(answer with { End = Stopwatch.GetElapsedTime(from, _second.LastAsked) });
        }

        var percentiles = Percentiles.Of(times, time => time.End);
        return [percentiles.At(0.99), percentiles.At(0.50), failed];
    }

    public void Dispose()
    {
        _targets.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    private string FallingBack(IPEndPoint first) => $$"""
        {
          "upstreams": {
            "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{first}}" },
            "second": { "protocol": "anthropic", "baseUrl": "http://{{_second.Address}}", "credential": { "env": "BENCH_KEY" } }
          },
          "routes": [ { "model": "*", "candidates": ["anthropic", "second"] } ],
          "failover": { "cooldown": { "enabled": false }, "affinity": { "enabled": false } }
        }
        """;
}
