using System.Diagnostics;

namespace Holdfast.Load;

/// <summary>5,000 streams open at once with an event a second: none may be cut, and each costs little memory. Beside the
/// floor, or beside the same gateway without a journal.</summary>
internal sealed class OpenMeasure(TestBed bed, bool ofJournal = false) : IMeasure
{
    /// <summary>What a stream may take in all, in KB: the relay, the journal and the events it keeps.</summary>
    private const double MostOfStream = 32;

    /// <summary>What the journal may take for a stream, in KB: 8, and the events it keeps, about 4 here.</summary>
    private const double MostOfJournal = 12;

    private const int Gap = 1000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);
    private readonly int _streams = bed.Settings.Quick ? 500 : 5000;
    private readonly int _events = bed.Settings.Quick ? 8 : 30;

    public string Name => ofJournal ? "journal-open" : "open";

    /// <summary>One round: it takes most of a minute a side, and memory at a plateau hardly varies.</summary>
    public int Rounds => 1;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("streams cut", "", Bar.AtMost(0), IsSum: true),
        new("resident a stream above idle", "KB", ofJournal ? Bar.AtMostAboveFloor(MostOfJournal) : Bar.AtMost(MostOfStream)),
        new("resident when idle", "MB", Bar.None),
        new("resident at the plateau", "MB", Bar.None),
        new("processor time a second at the plateau", "ms", Bar.None),
    ];

    public Task PrepareAsync()
    {
        // The gateway holds a socket on either side of a stream; the runtime raises the soft limit to the hard one.
        var limit = Convert.ToInt64(File.ReadLines("/proc/self/limits")
            .First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[4]
            .Replace("unlimited", "1000000", StringComparison.Ordinal));
        var needed = (2 * _streams) + 500;
        return limit >= needed
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                $"{needed} open files are needed, the hard limit is {limit}: raise it (ulimit -Hn).");
    }

    public async Task<double[]> RunRoundAsync(Side side)
    {
        using var target = ofJournal && side == Side.Floor
            ? await bed.StartAsync(Side.Gateway, configure: JournalMeasure.WithoutJournal)
            : await bed.StartAsync(side);
        await WarmUpAsync(target);
        await Task.Delay(Settle);
        var idle = target.Process.Resident;

        var length = TimeSpan.FromMilliseconds(_events * Gap);
        using var deadline = new CancellationTokenSource((length * 2) + TimeSpan.FromSeconds(60));
        var started = Stopwatch.GetTimestamp();
        var clients = new List<LoadClient>(_streams);
        var streams = await OpenAsync(target, clients, length / 3, deadline.Token);
        await Task.Delay(length / 15, CancellationToken.None);
        // The first stream ends one gap early: its first event has no gap before it.
        var left = length - TimeSpan.FromMilliseconds(2 * Gap) - Stopwatch.GetElapsedTime(started);
        var (plateau, processor) = await WatchAsync(target.Process, left);
        var answers = await Task.WhenAll(streams);
        clients.ForEach(client => client.Dispose());

        return
        [
            answers.Count(answer => !answer.IsWhole || answer.Events < _events),
            (plateau - idle) / 1024d / _streams,
            idle / 1024d / 1024d,
            plateau / 1024d / 1024d,
            processor,
        ];
    }

    public void Dispose()
    {
    }

    /// <summary>
    /// One short stream on each of 50 connections: the code has run once. More load would grow the heap, and what a
    /// stream costs would hide in an idle process that is larger than an idle one really is.
    /// </summary>
    private static Task WarmUpAsync(Target target) => LoadClients.RepeatAsync(
        target, Requests.Message(target.Address, "sim-n10-i20", stream: true), 50, TimeSpan.FromMilliseconds(1));

    /// <summary>Opens the streams evenly over a while: a storm of connects is not what is measured here.</summary>
    private async Task<List<Task<Answer>>> OpenAsync(
        Target target, List<LoadClient> clients, TimeSpan ramp, CancellationToken deadline)
    {
        var request = Requests.Message(target.Address, $"sim-n{_events}-i{Gap}", stream: true);
        var streams = new List<Task<Answer>>(_streams);
        var started = Stopwatch.GetTimestamp();
        while (streams.Count < _streams)
        {
            var due = Math.Min(_streams, Stopwatch.GetElapsedTime(started) / ramp * _streams);
            while (streams.Count < due)
            {
                var client = new LoadClient(target.Address);
                clients.Add(client);
                streams.Add(client.AskAsync(request, deadline).AsTask());
            }

            await Task.Delay(5, CancellationToken.None);
        }

        return streams;
    }

    /// <summary>The most memory seen and the processor time of a second, while all streams are open.</summary>
    private static async Task<(long Resident, double Processor)> WatchAsync(ChildProcess process, TimeSpan time)
    {
        var started = Stopwatch.GetTimestamp();
        var processor = process.ProcessorTime;
        var resident = 0L;
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            resident = Math.Max(resident, process.Resident);
            await Task.Delay(250);
        }

        var spent = process.ProcessorTime - processor;
        return (resident, spent.TotalMilliseconds / Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
