using System.Runtime.InteropServices;

namespace Holdfast.Load;

/// <summary>The processor time of a process as its own clock tells it: in nanoseconds, where <c>/proc/PID/stat</c> knows
/// hundredths of a second only.</summary>
internal static partial class ProcessorTime
{
    private const int NanosecondsPerTick = 100;

    /// <exception cref="InvalidOperationException">There is no such process any more.</exception>
    public static TimeSpan Of(int process)
    {
        if (ClockOf(process, out var clock) != 0 || TimeOf(clock, out var time) != 0)
        {
            throw new InvalidOperationException($"Process {process} has ended.");
        }

        return new((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / NanosecondsPerTick));
    }

    [LibraryImport("libc", EntryPoint = "clock_getcpuclockid")]
    private static partial int ClockOf(int process, out int clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int TimeOf(int clock, out Time time);

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
