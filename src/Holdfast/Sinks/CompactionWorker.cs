using System.Diagnostics;
using System.Globalization;
using Holdfast.Recording;

namespace Holdfast.Sinks;

/// <summary>Has complete segments turned into Parquet, and days that are too old deleted: by a process of its own, since a
/// crash or the memory of the database engine must not touch the gateway (<c>holdfast compact</c>). One at a time.</summary>
internal sealed class CompactionWorker(
    Recorder recorder, string home, string program, TimeProvider time, ILogger<CompactionWorker> logger) : BackgroundService
{
    private const long ManyBytes = 32 * 1024 * 1024;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    // What a laptop records in a day is little: it is compacted now and then.
    private static readonly TimeSpan AtLeast = TimeSpan.FromHours(1);

    // Where nothing is recorded days grow too old all the same.
    private static readonly TimeSpan Daily = TimeSpan.FromDays(1);

    // A gateway that never runs for long has its turn too.
    private static readonly TimeSpan AfterStart = TimeSpan.FromMinutes(5);

    private readonly string _folder = RecordingFolder.In(home);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = time.GetTimestamp();
        long? last = null;
        using var timer = new PeriodicTimer(CheckInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var waiting = RecordingFolder.CompleteBytes(_folder);
            var since = time.GetElapsedTime(last ?? started);
            var isDue = waiting >= ManyBytes
                || (last is null && since >= AfterStart)
                || (waiting > 0 && since >= AtLeast)
                || since >= Daily;
            if (!isDue || !recorder.Options.Enabled)
            {
                continue;
            }

            last = time.GetTimestamp();
            if (await CompactAsync(stoppingToken) is { } problem)
            {
                logger.CompactionFailed(problem);
                await Task.Delay(AfterFailure, time, stoppingToken);
            }
        }
    }

    // Answers what went wrong.
    private async Task<string?> CompactAsync(CancellationToken stoppingToken)
    {
        var start = new ProcessStartInfo(program)
        {
            ArgumentList = { "compact", "--retention-days", recorder.Options.RetentionDays.ToString(CultureInfo.InvariantCulture) },
            Environment = { [RecordingFolder.HomeVariable] = home },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            deadline.CancelAfter(Longest);
            try
            {
                // Turns first: it takes what they leave.
                process.PriorityClass = ProcessPriorityClass.BelowNormal;
                var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
                var error = process.StandardError.ReadToEndAsync(deadline.Token);
                await process.WaitForExitAsync(deadline.Token);
                logger.Compacted((await output).TrimEnd());
                return process.ExitCode == 0 ? null : (await error).TrimEnd();
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }
            }
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return $"it took longer than {Longest.TotalMinutes:0} minutes";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever it is, it is no reason for the gateway to stop.
            return e.Message;
        }
    }
}
