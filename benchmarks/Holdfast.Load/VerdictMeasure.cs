using System.Diagnostics;
using System.Net;

namespace Holdfast.Load;

/// <summary>How long it takes to tell a failure apart that says something nasty: processor time of an exchange whose upstream
/// fails with such a text, less that of one which fails with as much harmless text. The slowest of all texts counts.</summary>
internal sealed class VerdictMeasure(TestBed bed) : IMeasure
{
    // A text that takes longer is cut off, and counts with what it took until then.
    private static readonly TimeSpan LongestExchange = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestText = TimeSpan.FromSeconds(5);
    private readonly SayingUpstream _upstream = new();
    private readonly int _count = bed.Settings.Quick ? 5 : 15;

    public string Name => "verdict";

    /// <summary>One round: a median of many exchanges is taken for each text.</summary>
    public int Rounds => bed.Settings.Quick ? 1 : Math.Min(3, bed.Settings.Rounds);

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("slowest text above a plain one", "ms", Bar.AtMost(1)),
        new("a text in the middle above a plain one", "ms", Bar.None),
        new("texts above 1 ms", "", Bar.None),
        new("processor time of a plain exchange", "ms", Bar.None),
        new("cut off", "", Bar.NoneOnBothSides, IsSum: true),
    ];

    public Task PrepareAsync() => Task.CompletedTask;

    public async Task<double[]> RunRoundAsync(Side side)
    {
        var target = await StartAsync(side);
        try
        {
            // What runs for the first time is compiled, and each text of the corpus has code of its own.
            foreach (var text in NastyTexts.All)
            {
                await CostAsync(NastyTexts.PlainFor(text), 3);
            }

            var added = new List<(string Name, double Milliseconds)>();
            var plain = new List<double>();
            var cutOff = 0;
            foreach (var text in NastyTexts.All)
            {
                var (harmless, _) = await CostAsync(NastyTexts.PlainFor(text), _count);
                var (nasty, wasCutOff) = await CostAsync(text, _count);
                plain.Add(harmless);
                added.Add((text.Name, nasty - harmless));
                if (wasCutOff)
                {
                    cutOff++;
                    target.Dispose();
                    target = await StartAsync(side);
                }
            }

            Tell(side, added);
            var middle = Spread.Of(added.Select(one => one.Milliseconds));
            return [middle.Most, middle.Median, added.Count(one => one.Milliseconds > 1), Spread.Of(plain).Median, cutOff];
        }
        finally
        {
            target.Dispose();
        }

        // The median of the processor time that the process spends from one question to the next.
        async Task<(double Milliseconds, bool WasCutOff)> CostAsync(NastyText text, int count)
        {
            _upstream.Say(text.Type, text.Body);
            var request = Requests.Message(target.Address, "bench");
            var costs = new List<double>();
            var started = Stopwatch.GetTimestamp();
            using var client = new LoadClient(target.Address);
            while (costs.Count < count && Stopwatch.GetElapsedTime(started) < LongestText)
            {
                using var deadline = new CancellationTokenSource(LongestExchange);
                var before = target.Process.ProcessorTime;
                await client.AskAsync(request, deadline.Token);
                costs.Add((target.Process.ProcessorTime - before).TotalMilliseconds);
                if (deadline.IsCancellationRequested)
                {
                    return (Spread.Of(costs).Most, true);
                }
            }

            return (Spread.Of(costs).Median, false);
        }
    }

    public void Dispose() => _upstream.Dispose();

    private Task<Target> StartAsync(Side side) => bed.StartAsync(side, _upstream.Address, OneAttempt);

    private static void Tell(Side side, List<(string Name, double Milliseconds)> added)
    {
        var worst = added.OrderByDescending(one => one.Milliseconds).Take(3)
            .Select(one => $"{one.Name} {Table.Number(one.Milliseconds)} ms");
        Console.WriteLine($"verdict           {side,-8}  slowest: {string.Join("; ", worst)}");
    }

    // No second attempt and no rest: each exchange is one verdict.
    private static string OneAttempt(IPEndPoint upstream) => $$"""
        {
          "upstreams": { "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}" } },
          "failover": { "retries": 0, "maxAttempts": 1, "cooldown": { "enabled": false }, "storms": { "enabled": false } }
        }
        """;
}
