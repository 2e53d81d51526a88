using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Load;

/// <summary>How much of the machine other programs use meanwhile: figures taken then prove little.</summary>
internal sealed class Machine
{
    /// <summary>From this share on, the figures are not to be trusted.</summary>
    public const double Disturbed = 0.1;

    // Linux counts processor time in hundredths of a second towards programs, whatever the kernel's own tick is.
    private const double TicksPerSecond = 100;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly double _busy = Busy();
    private readonly double _ours = Ours();

    /// <summary>The share of all cores that went to other programs since this was made.</summary>
    public double ShareOfOthers
    {
        get
        {
            var others = Busy() - _busy - (Ours() - _ours);
            var available = Stopwatch.GetElapsedTime(_started).TotalSeconds * Environment.ProcessorCount;
            return Math.Clamp(others / available, 0, 1);
        }
    }

    private static double Busy()
    {
        // cpu user nice system idle iowait irq softirq steal …
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ticks = fields.Skip(1).Take(8).Select(field => double.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return (ticks.Sum() - ticks[3] - ticks[4]) / TicksPerSecond;
    }

    private static double Ours() =>
        Environment.CpuUsage.TotalTime.TotalSeconds + ChildProcess.ProcessorTimeOfAll.TotalSeconds;
}
