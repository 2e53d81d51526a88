using Holdfast.Connections;

namespace Holdfast.Hosting;

/// <summary>
/// Gives memory back while thousands of streams are open. Their beginnings leave leftovers all over the heap, and since
/// waiting allocates next to nothing, the collector sees no reason to look again: its first generation may grow to the
/// size of the processor's cache, a hundred megabytes, and a third of the memory of an open stream is leftovers.
/// Compacts when many exchanges have come or gone; in between it only clears what is young, which takes a millisecond.
/// And compacts when nothing runs any more: the collector keeps what a load had it grow to, and sees no reason to look again.
/// </summary>
internal sealed class MemoryTrim(Drain drain, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>Fewer open exchanges than this are not worth a pause.</summary>
    private const int Many = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private ITimer? _timer;
    private int _atLastTrim;
    private bool _isSettling;
    private int _collections;
    private bool _wasBusy;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static trim => ((MemoryTrim)trim!).Look(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    /// <summary>Whether so many exchanges have come or gone since the last trim that another is worth its pause.</summary>
    internal static bool IsWorthwhile(int before, int now) =>
        Math.Max(before, now) >= Many && Math.Abs(now - before) > Math.Max(before, now) / 10;

    /// <summary>Compacts and returns what is free to the system; about 20 ms for a thousand open streams, 5 ms for none.</summary>
    public static void GiveBack() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private void Look()
    {
        var running = drain.Running;
        var hasChanged = IsWorthwhile(_atLastTrim, running);
        if (hasChanged || _isSettling)
        {
            // Once more when the change is over: what was on its way at the first look is leftovers by now.
            _isSettling = hasChanged;
            _atLastTrim = running;

            GiveBack();
        }
        else if (running >= Many)
        {
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }
        else
        {
            TrimOnceIdle(running);
        }
    }

    // Whoever uses little makes nothing collect, and is left in peace.
    private void TrimOnceIdle(int running)
    {
        var collections = GC.CollectionCount(0);
        if (collections != _collections)
        {
            (_collections, _wasBusy) = (collections, true);
        }
        else if (_wasBusy && running == 0)
        {
            GiveBack();
            (_collections, _wasBusy) = (GC.CollectionCount(0), false);
        }
    }
}
