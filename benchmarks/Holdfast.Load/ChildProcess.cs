using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Load;

/// <summary>
/// A process this program started, with everything below it. Owns its end: nothing outlives the load generator, not
/// even after Ctrl-C. Its output goes to a file, so that nobody has to drain a pipe while being measured.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly ConcurrentDictionary<ChildProcess, bool> Running = new();
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "LANG", "DOTNET_ROOT", "DOTNET_CLI_HOME"];
    private static TimeSpan s_processorTimeOfEnded;
    private static volatile bool s_ending;
    private readonly Process _process;
    private readonly string _log;

    private ChildProcess(Process process, string log)
    {
        _process = process;
        _log = log;
        Running[this] = true;
    }

    /// <summary>Starts a shell command; every child gets the same GC settings and a bare environment.</summary>
    public static ChildProcess Start(string command, string home)
    {
        var log = Path.Combine(home, $"{Guid.NewGuid():n}.log");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {command} >'{log}' 2>&1 </dev/null"]);
        // What the caller has set for proxies, telemetry or the gateway itself must not reach what is measured.
        foreach (var name in start.Environment.Keys.Except(Inherited).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["HOLDFAST_HOME"] = home;
        start.Environment["BENCH_KEY"] = "bench";
        var child = new ChildProcess(Process.Start(start)!, log);
        if (s_ending)
        {
            child.Dispose();
        }

        return child;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Once it has exited.</summary>
    public int ExitCode => _process.ExitCode;

    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <summary>Resident memory now, in bytes.</summary>
    public long Resident => ReadStatus("VmRSS");

    /// <summary>The most resident memory there was since <see cref="ForgetPeak"/>, in bytes.</summary>
    public long PeakResident => ReadStatus("VmHWM");

    /// <summary>What the whole process spent so far: user and system, all threads, the ended ones too.</summary>
    public TimeSpan ProcessorTime => Load.ProcessorTime.Of(Main);

    /// <summary>What all children spent so far, the ended ones too.</summary>
    public static TimeSpan ProcessorTimeOfAll =>
        s_processorTimeOfEnded + Running.Keys.Aggregate(TimeSpan.Zero, (sum, child) => sum + child.ProcessorTime);

    public void ForgetPeak() => File.WriteAllText($"/proc/{Main}/clear_refs", "5");

    /// <summary>Ends every child, and any that is started from now on.</summary>
    public static void EndAll()
    {
        s_ending = true;
        foreach (var child in Running.Keys)
        {
            child.Dispose();
        }
    }

    public void Dispose()
    {
        if (!Running.TryRemove(this, out _))
        {
            return;
        }

        if (!_process.HasExited)
        {
            KeepProcessorTime();
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }

        _process.Dispose();
    }

    private void KeepProcessorTime()
    {
        try
        {
            s_processorTimeOfEnded += ProcessorTime;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            // It is ending by itself right now; its share counts as that of others.
        }
    }

    /// <summary>The process that serves: the largest of the tree, since a wrapper may stay as its parent.</summary>
    private int Main => Tree(_process.Id).MaxBy(id => ReadStatus(id, "VmRSS"));

    private long ReadStatus(string field) => ReadStatus(Main, field);

    private static long ReadStatus(int id, string field)
    {
        var line = File.ReadLines($"/proc/{id}/status")
            .FirstOrDefault(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        var kilobytes = line?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1] ?? "0";
        return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
    }

    private static IEnumerable<int> Tree(int id) =>
        File.ReadAllText($"/proc/{id}/task/{id}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(child => Tree(int.Parse(child, CultureInfo.InvariantCulture)))
            .Prepend(id);
}
