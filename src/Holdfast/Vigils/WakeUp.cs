using System.Threading.Tasks.Sources;
using Holdfast.Sinks;

namespace Holdfast.Vigils;

/// <summary>
/// Where the loop of one exchange sleeps: reads, timers and the client's leaving only wake it, and it looks for itself
/// what has happened. So one place alone writes to the client, and nothing it writes can be reordered. One waiter; any
/// thread may wake it, early or often. Allocates nothing per wait.
/// </summary>
internal sealed class WakeUp : IValueTaskSource
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Woken = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    private readonly ThreadWatch? _watch;

    /// <param name="watch">Sees how long a loop holds the thread that resumes it; null where nobody looks.</param>
    public WakeUp(ThreadWatch? watch = null)
    {
        _watch = watch;
        Wake = () => Signal(onPool: true);
        Resume = () => Signal(onPool: false);
    }

    /// <summary>Wakes the loop on a thread of the pool: for timers and cancellations, on whose stack an exchange's loop has
    /// no place. The same delegate always, as the other, so that handing it out allocates nothing.</summary>
    public Action Wake { get; }

    /// <summary>Wakes the loop on the thread that calls: for the end of what it awaits, as <c>await</c> itself would.</summary>
    public Action Resume { get; }

    /// <summary>Whose loop sleeps here.</summary>
    public ILiveExchange? Exchange { get; set; }

    /// <summary>Completes at the next wake-up, at once if one came since the last wait. Whatever happened before a
    /// wake-up is visible after it: each step is an exchange with a full fence, on both sides.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _core.Version);
        }

        Interlocked.Exchange(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);

        // Before the waiter looks for itself: a wake-up from here on counts for its next wait.
        Interlocked.Exchange(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Signal(bool onPool)
    {
        if (Interlocked.Exchange(ref _state, Woken) == Waiting)
        {
            // Only the one that ends the waiting comes here.
            _core.RunContinuationsAsynchronously = onPool;
            if (onPool || _watch is null)
            {
                _core.SetResult(true);
            }
            else
            {
                SetResultWatched(_watch);
            }
        }
    }

    private void SetResultWatched(ThreadWatch watch)
    {
        // The loop runs in here, until it sleeps again, perhaps for another exchange.
        var exchange = Exchange;
        var hold = watch.Begin(exchange);
        _core.SetResult(true);
        if (hold is not null)
        {
            watch.End(hold, exchange);
        }
    }
}
