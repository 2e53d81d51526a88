using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Load;

/// <summary>The commands of the program that work on a store of recordings, and what they take.</summary>
/// <param name="home">The folder that holds it.</param>
internal sealed class RecordsProgram(string home)
{
    /// <summary>Compacts; the most memory that took in bytes, and the rows compacted.</summary>
    public async Task<(long MostMemory, long Rows)> CompactAsync()
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

    /// <summary>Asks a question; milliseconds.</summary>
    public Task<double> AskAsync(bool isCold, params string[] arguments) => RunAsync(isCold, ["query", .. arguments]);

    /// <summary>Runs a command; milliseconds.</summary>
    public async Task<double> RunAsync(bool isCold, params string[] arguments)
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
        start.Environment["HOLDFAST_HOME"] = home;
        return Process.Start(start)!;
    }

    /// <summary>Drops the disk's memory. Needs root; without it the figures are told of a warm disk, and that is said.</summary>
    public static void DropCaches()
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
}
