using System.Diagnostics;
using Holdfast.Recording;
using Holdfast.Recording.Segments;

namespace Holdfast.Load;

/// <summary>
/// The store of recordings by itself: 10,000 records a second are written for a minute, then as many as make a million, by the
/// gateway's own writer; <c>holdfast compact</c> makes Parquet of them while they come; then every question is asked with
/// the disk's memory dropped. The floor: the same bytes written to a plain file, a start of the program, and the same files
/// read through.
/// </summary>
internal sealed class RecordsMeasure(TestBed bed) : IMeasure
{
    private const int PerSecond = 10_000;

    // The statement that somebody who looks for broken answers has used for long.
    private const string Reference = """
        SELECT CAST(json_extract(attributes, '$.gateway.error') AS VARCHAR) AS err,
          CAST(json_extract(attributes, '$.gateway.is_sse') AS VARCHAR) AS is_sse,
          count(DISTINCT CAST(json_extract(attributes, '$.gateway.exchange_id') AS VARCHAR)) AS exchanges
        FROM ai_gateway_messages
        WHERE date >= '2026-06-01'
          AND CAST(json_extract(attributes, '$.gateway.upstream') AS VARCHAR) LIKE '%anthropic%'
          AND json_extract(attributes, '$.gateway.error') IS NOT NULL
        GROUP BY 1,2 ORDER BY exchanges DESC
        """;

    private static readonly string[] Saved = ["cache", "cost", "errors", "first-bytes", "reattached", "silence", "slowest"];
    private readonly string _home = Path.Combine(bed.Settings.Home, "records");
    private readonly RecordsProgram _program = new(Path.Combine(bed.Settings.Home, "records"));
    private readonly int _seconds = bed.Settings.Quick ? 2 : 60;
    private readonly int _records = bed.Settings.Quick ? 50_000 : 1_000_000;

    public string Name => "records";

    public int Rounds => 1;

    /// <summary>The writer is part of this program, whatever other build there is.</summary>
    public bool KnowsBaseline => false;

    public IReadOnlyList<Figure> Figures { get; } =
    [
        new("records/s for a minute", "", Bar.AtLeastTimesFloor(0.99)),
        new("lost", "", Bar.AtMost(0)),
        new("compaction's most memory", "MB", Bar.AtMost(300)),
        new("compacted", "rows/s", Bar.None),
        new("size of a row", "B", Bar.None),
        new("query's start", "ms", Bar.AtMost(250)),
        new("reference statement, cold", "ms", Bar.AtMost(1000)),
        new("slowest saved question, cold", "ms", Bar.AtMost(1000)),
        new("segments' last 10,000 rows, cold", "ms", Bar.AtMost(1000)),
    ];

    public Task PrepareAsync() => Task.CompletedTask;

    public async Task<double[]> RunRoundAsync(Side side)
    {
        if (side == Side.Floor)
        {
            return await RunFloorAsync();
        }

        var written = await WriteAsync();
        var query = await MedianAsync(3, () => _program.AskAsync(isCold: false, "sql", "SELECT 1"));
        var reference = await MedianAsync(3, () => _program.AskAsync(isCold: true, "sql", Reference));
        var slowest = 0d;
        foreach (var name in Saved)
        {
            slowest = Math.Max(slowest, await MedianAsync(1, () => _program.AskAsync(isCold: true, "saved", name, "--days", "400")));
        }

        var bytes = Directory.EnumerateFiles(Path.Combine(RecordingFolder.In(_home), "parquet"), "*", SearchOption.AllDirectories)
            .Sum(file => new FileInfo(file).Length);
        await FillAsync(NewWriter(), 10_000, _records);
        var live = await MedianAsync(1, () => _program.AskAsync(isCold: true, "sql", Reference));
        return
        [
            written.PerSecond, written.Lost, written.MostMemory / 1024d / 1024d, written.CompactedPerSecond,
            bytes / (double)_records, query, reference, slowest, live,
        ];
    }

    public void Dispose()
    {
    }

    private async Task<double[]> RunFloorAsync()
    {
        var lines = Enumerable.Range(0, PerSecond).Select(i => RecordLines.Of(i)).ToArray();
        await using var file = File.Create(Path.Combine(_home, "floor"));
        for (var second = 0; second < (bed.Settings.Quick ? 1 : 5); second++)
        {
            var next = Stopwatch.GetTimestamp() + Stopwatch.Frequency;
            foreach (var line in lines)
            {
                file.Write(line);
            }

            file.Flush(flushToDisk: true);
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, (next - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency)));
        }

        var start = await MedianAsync(3, () => _program.RunAsync(isCold: false, "--version"));
        var cold = await _program.RunAsync(isCold: true, "--version");
        RecordsProgram.DropCaches();
        var began = Stopwatch.GetTimestamp();
        var buffer = new byte[1024 * 1024];
        foreach (var path in Directory.EnumerateFiles(Path.Combine(RecordingFolder.In(_home), "parquet", "messages")))
        {
            await using var one = File.OpenRead(path);
            while (await one.ReadAsync(buffer) > 0)
            {
                // Only read.
            }
        }

        var read = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        return [PerSecond, 0, double.NaN, double.NaN, double.NaN, start, cold + read, cold + read, cold];
    }

    private async Task<Written> WriteAsync()
    {
        Directory.CreateDirectory(_home);
        var writer = NewWriter();
        using var over = new CancellationTokenSource();
        var compacting = CompactOnAndOnAsync(over.Token);
        var started = Stopwatch.GetTimestamp();
        var count = _seconds * PerSecond;
        for (var i = 0; i < count; i++)
        {
            writer.Add(RecordLines.Of(i));
            if (i % 100 == 99)
            {
                var ahead = (i / (double)PerSecond) - Stopwatch.GetElapsedTime(started).TotalSeconds;
                if (ahead > 0.001)
                {
                    await Task.Delay(TimeSpan.FromSeconds(ahead));
                }
            }
        }

        var perSecond = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await FillAsync(writer, _records - count, count);
        await over.CancelAsync();
        var (memory, _) = await compacting;
        var began = Stopwatch.GetTimestamp();
        var (last, rows) = await _program.CompactAsync();
        return new(
            perSecond, _records - writer.State.Durable, Math.Max(memory, last), rows / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private SegmentWriter NewWriter()
    {
        var terms = new SegmentTerms(TimeSpan.FromSeconds(1), 16 * 1024 * 1024, TimeSpan.FromMinutes(10), 256 * 1024 * 1024);
        return new("exchanges", new SegmentFolder(RecordingFolder.SegmentsIn(_home)), terms, TimeProvider.System);
    }

    // As fast as the disk takes them.
    private static async Task FillAsync(SegmentWriter writer, int count, int first)
    {
        for (var i = 0; i < count; i++)
        {
            while (writer.State.WaitingBytes > 64 * 1024 * 1024)
            {
                await Task.Delay(5);
            }

            writer.Add(RecordLines.Of(first + i));
        }

        await writer.StopAsync(CancellationToken.None);
    }

    private async Task<(long MostMemory, long Rows)> CompactOnAndOnAsync(CancellationToken isOver)
    {
        var most = 0L;
        while (!isOver.IsCancellationRequested)
        {
            most = Math.Max(most, (await _program.CompactAsync()).MostMemory);
            await Task.Delay(TimeSpan.FromSeconds(10), isOver).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return (most, 0);
    }

    private static async Task<double> MedianAsync(int count, Func<Task<double>> measure)
    {
        var values = new List<double>();
        for (var i = 0; i < count; i++)
        {
            values.Add(await measure());
        }

        return values.Order().ElementAt(count / 2);
    }

    private sealed record Written(double PerSecond, double Lost, long MostMemory, double CompactedPerSecond);
}
