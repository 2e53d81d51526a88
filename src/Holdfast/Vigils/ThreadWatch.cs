using Holdfast.Observability;
using Holdfast.Sinks;

namespace Holdfast.Vigils;

/// <summary>
/// Makes sure that a loop which holds a socket thread is never invisible: what an upstream says is handled on the thread that
/// hears it, and all other streams of that thread wait meanwhile. Beyond <see cref="Longest"/> a hold is counted and logged, once,
/// also while it still lasts. Ends nothing. Costs two timestamps a resume and allocates nothing.
/// </summary>
internal sealed class ThreadWatch(GatewayMetrics metrics, TimeProvider time, ILogger<ThreadWatch> logger) : BackgroundService
{
    /// <summary>A loop that runs longer in one piece is noticed by others.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two lines of the log; what is not logged is counted, and told with the next line.</summary>
    public static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // There are fewer socket threads than processors; a loop for which no place is free goes unwatched.
    private readonly Hold[] _holds = [.. Enumerable.Range(0, 64).Select(_ => new Hold())];
    private readonly Lock _lines = new();
    private long? _lastLine;
    private long _unlogged;

    /// <summary>A loop goes on, on the thread that calls; null on a thread of the pool, for which nobody waits.</summary>
    public Hold? Begin(ILiveExchange? exchange)
    {
        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            return null;
        }

        var now = time.GetTimestamp();
        var first = Environment.CurrentManagedThreadId;
        for (var i = 0; i < _holds.Length; i++)
        {
            var hold = _holds[(first + i) % _holds.Length];
            if (hold.TryBegin(exchange, now))
            {
                return hold;
            }
        }

        return null;
    }

    /// <summary>The loop sleeps again.</summary>
    public void End(Hold hold, ILiveExchange? exchange)
    {
        TellIfLong(hold.Since, hold, exchange);
        hold.End();
    }

    /// <summary>Looks once at every hold that lasts.</summary>
    public void Look()
    {
        foreach (var hold in _holds)
        {
            var since = hold.Since;
            var exchange = hold.Exchange;
            if (since != 0 && hold.Since == since)
            {
                TellIfLong(since, hold, exchange);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Real time: it is a look at real threads, and nothing waits for it.
        using var timer = new PeriodicTimer(Every, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the process, also of one that could not start: no error of its own.
        }
    }

    private void TellIfLong(long since, Hold hold, ILiveExchange? exchange)
    {
        var held = time.GetElapsedTime(since);
        if (held <= Longest || !hold.TryTell(since))
        {
            return;
        }

        var phase = exchange?.Phase ?? "none";
        metrics.SocketThreadHeld(exchange?.Upstream, phase);
        if (MayLog() is { } unlogged)
        {
            logger.SocketThreadHeld(held.TotalMilliseconds, exchange?.ExchangeId, exchange?.Upstream, phase, unlogged);
        }
    }

    // How many were not logged since the last line; null where this one is not logged either.
    private long? MayLog()
    {
        lock (_lines)
        {
            if (_lastLine is { } last && time.GetElapsedTime(last) < BetweenLines)
            {
                _unlogged++;
                return null;
            }

            _lastLine = time.GetTimestamp();
            var unlogged = _unlogged;
            _unlogged = 0;
            return unlogged;
        }
    }
}
