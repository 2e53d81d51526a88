using System.Diagnostics;
using System.Globalization;
using Holdfast.Recording;
using Holdfast.Recording.Records;
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

    // The statement by which users count broken turns.
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
    private readonly int _seconds = bed.Settings.Quick ? 2 : 60;
    private readonly int _records = bed.Settings.Quick ? 50_000 : 1_000_000;

    public string Name => "records";

    public int Rounds => 1;

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
        var query = await MedianAsync(3, () => AskAsync(isCold: false, "sql", "SELECT 1"));
        var reference = await MedianAsync(3, () => AskAsync(isCold: true, "sql", Reference));
        var slowest = 0d;
        foreach (var name in Saved)
        {
            slowest = Math.Max(slowest, await MedianAsync(1, () => AskAsync(isCold: true, "saved", name, "--days", "400")));
        }

        var bytes = Directory.EnumerateFiles(Path.Combine(RecordingFolder.In(_home), "parquet"), "*", SearchOption.AllDirectories)
            .Sum(file => new FileInfo(file).Length);
        await FillAsync(NewWriter(), 10_000, _records);
        var live = await MedianAsync(1, () => AskAsync(isCold: true, "sql", Reference));
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
        var lines = Enumerable.Range(0, PerSecond).Select(i => LineOf(i)).ToArray();
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

        var start = await MedianAsync(3, () => RunAsync(isCold: false, "--version"));
        var cold = await RunAsync(isCold: true, "--version");
        DropCaches();
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
            writer.Add(LineOf(i));
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
        var (last, rows) = await CompactAsync();
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

            writer.Add(LineOf(first + i));
        }

        await writer.StopAsync(CancellationToken.None);
    }

    private async Task<(long MostMemory, long Rows)> CompactOnAndOnAsync(CancellationToken isOver)
    {
        var most = 0L;
        while (!isOver.IsCancellationRequested)
        {
            most = Math.Max(most, (await CompactAsync()).MostMemory);
            await Task.Delay(TimeSpan.FromSeconds(10), isOver).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return (most, 0);
    }

    private async Task<(long MostMemory, long Rows)> CompactAsync()
    {
        using var process = Start("compact");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var most = 0L;
        while (!process.HasExited)
        {
            try
            {
                most = Math.Max(most, PeakOf(process.Id));
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // It has just ended.
            }

            await Task.Delay(5);
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? (most, long.Parse((await output).Split(' ')[3], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"holdfast compact: {await error}");
    }

    private static long PeakOf(int id) => File.ReadLines($"/proc/{id}/status")
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1])
        .Select(kilobytes => long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024)
        .FirstOrDefault();

    private Task<double> AskAsync(bool isCold, params string[] arguments) => RunAsync(isCold, ["query", .. arguments]);

    private async Task<double> RunAsync(bool isCold, params string[] arguments)
    {
        if (isCold)
        {
            DropCaches();
        }

        var started = Stopwatch.GetTimestamp();
        using var process = Start(arguments);
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(started).TotalMilliseconds
            : throw new InvalidOperationException($"holdfast {string.Join(' ', arguments)}: {error}");
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("./holdfast", arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["HOLDFAST_HOME"] = _home;
        return Process.Start(start)!;
    }

    // Needs root; without it the figures are told of a warm disk, and that is said.
    private static void DropCaches()
    {
        try
        {
            File.WriteAllText("/proc/sys/vm/drop_caches", "1");
        }
        catch (UnauthorizedAccessException)
        {
            Console.WriteLine("the disk's memory cannot be dropped: what is called cold is warm");
        }
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

    // As the gateway writes them for an agent's turns: most whole, one of twenty broken, a fallback now and then.
    private static byte[] LineOf(int i)
    {
        var random = new Random(i);
        var isBroken = i % 20 == 0;
        var started = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i);
        var record = new ExchangeRecord
        {
            ExchangeId = Guid.CreateVersion7(started).ToString("n"),
            StartedAt = started,
            ClientName = "claude-cli",
            ClientVersion = "2.1.329",
            Session = $"5f1c2a00-0000-4000-8000-{i / 40:000000000000}",
            Protocol = "anthropic",
            Method = "POST",
            Path = "/v1/messages",
            Query = "?beta=true",
            Upstream = i % 3 == 0 ? "anthropic" : "anthropic-eu",
            ModelAsked = i % 4 == 0 ? "claude-haiku-4-5" : "claude-opus-5-5",
            ModelServed = i % 4 == 0 ? "claude-haiku-4-5" : "claude-opus-5-5",
            Status = 200,
            UpstreamStatus = 200,
            UpstreamRequestId = $"req_{random.NextInt64():x16}",
            IsStream = true,
            IsSse = true,
            RequestBytes = random.Next(2_000, 400_000),
            ResponseBytes = random.Next(500, 50_000),
            Attempts = i % 50 == 0 ? 2 : 1,
            FallbackReason = i % 50 == 0 ? "overloaded" : null,
            FailedAttempts = i % 50 == 0
                ?
                [
                    new()
                    {
                        Attempt = 1, Upstream = "anthropic", Model = "claude-opus-5-5", Phase = "Held", Status = 529,
                        Error = "upstream_error", RawError = "Overloaded", Reason = "overloaded", Kind = "overloaded",
                        Rule = "status.529", Action = "fallback", EndedMs = 412.5,
                    },
                ]
                : null,
            ConnectionReused = true,
            DispatchedMs = random.Next(100, 900) / 1000d,
            HeadersMs = random.Next(200_000, 900_000) / 1000d,
            FirstEventMs = random.Next(900_000, 1_200_000) / 1000d,
            FirstOutputMs = random.Next(1_200_000, 9_000_000) / 1000d,
            TotalMs = random.Next(9_000_000, 60_000_000) / 1000d,
            LongestGapMs = random.Next(20_000, 4_000_000) / 1000d,
            Events = random.Next(10, 2_000),
            Keepalives = i % 10 == 0 ? 2 : 0,
            TerminalSeen = !isBroken,
            End = isBroken ? "failed" : "completed",
            EndSide = isBroken ? "upstream" : null,
            Error = isBroken ? "read ECONNRESET" : null,
            ErrorCode = isBroken ? "stream_reset" : null,
            ErrorDetail = isBroken ? "Unable to read data from the transport connection: Connection reset by peer." : null,
            ClosedFirst = isBroken ? "upstream" : null,
            Fidelity = "exact",
            UsageState = isBroken ? "estimated" : "reported",
            InputTokens = random.Next(1, 3_000),
            OutputTokens = random.Next(50, 4_000),
            CacheReadTokens = random.Next(0, 150_000),
            CacheWriteTokens = random.Next(0, 8_000),
        };
        return RecordLine.Write(record, RecordJson.Default.ExchangeRecord).ToArray();
    }

    private sealed record Written(double PerSecond, double Lost, long MostMemory, double CompactedPerSecond);
}
