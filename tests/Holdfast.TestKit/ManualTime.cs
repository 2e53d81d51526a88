namespace Holdfast.TestKit;

/// <summary>A clock that moves only when a test says so. Owns its timers and fires them, in order of their due time,
/// on the thread that calls <see cref="Advance"/>. Safe for use from any thread.</summary>
/// <remarks>The timestamp frequency is neither that of <see cref="TimeSpan"/> nor a nanosecond's, and timestamps do not
/// begin at zero: code that mixes up timestamps and ticks fails. Four timestamps a tick keep elapsed times
/// exact.</remarks>
public sealed class ManualTime : TimeProvider
{
    private const long TimestampsPerTick = 4;
    private const long FirstTimestamp = 987_654_321;

    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _armed = [];
    private readonly List<(Func<bool> IsMet, TaskCompletionSource Met)> _waiting = [];
    private readonly DateTimeOffset _start = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private long _elapsedTicks;
    private long _armings;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond * TimestampsPerTick;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How far this clock was moved since it was made.</summary>
    public TimeSpan Elapsed => new(Volatile.Read(ref _elapsedTicks));

    /// <summary>How many timers are armed now.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => FirstTimestamp + (Volatile.Read(ref _elapsedTicks) * TimestampsPerTick);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock and fires each timer that comes due, at its own due time, also those that a callback
    /// arms on the way. What other threads arm later counts from the new time: wait for it before advancing
    /// again.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var target = Elapsed.Ticks + by.Ticks;
        while (TakeDue(target) is { } due)
        {
            due.Fire();
        }
    }

    /// <summary>Waits until at least this many timers are armed.</summary>
    public Task WaitForTimersAsync(int count) => UntilAsync(() => _armed.Count >= count);

    /// <summary>Waits until a timer is armed that comes due exactly this much later.</summary>
    public Task WaitForTimerDueInAsync(TimeSpan due) =>
        UntilAsync(() => _armed.Exists(timer => timer.DueTicks - _elapsedTicks == due.Ticks));

    /// <summary>Waits until a timer is armed that comes due after this much at least and at most, for what is spread by
    /// chance; says when.</summary>
    public async Task<TimeSpan> WaitForTimerDueInAsync(TimeSpan least, TimeSpan most)
    {
        var found = TimeSpan.Zero;
        await UntilAsync(() =>
        {
            found = new TimeSpan(_armed.Select(timer => timer.DueTicks - _elapsedTicks)
                .FirstOrDefault(due => due >= least.Ticks && due <= most.Ticks));
            return found != TimeSpan.Zero;
        });
        return found;
    }

    /// <summary>Waits until a timer is armed, and says how long it is until the next one comes due.</summary>
    public async Task<TimeSpan> NextDueAsync()
    {
        while (true)
        {
            await WaitForTimersAsync(1);
            lock (_gate)
            {
                if (_armed.Count > 0)
                {
                    return new TimeSpan(_armed.Min(timer => timer.DueTicks) - _elapsedTicks);
                }
            }
        }
    }

    /// <summary>Waits until a timer is armed, moves the clock to the next one and fires it; says how far that
    /// was.</summary>
    public async Task<TimeSpan> AdvanceToNextAsync()
    {
        var due = await NextDueAsync();
        Advance(due);
        return due;
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            // Equal due times fire in the order in which they were armed.
            var next = _armed.Where(timer => timer.DueTicks <= target)
                .OrderBy(timer => timer.DueTicks).ThenBy(timer => timer.Order).FirstOrDefault();
            Volatile.Write(ref _elapsedTicks, Math.Max(_elapsedTicks, next?.DueTicks ?? target));
            if (next is { PeriodTicks: > 0 })
            {
                next.DueTicks += next.PeriodTicks;
                next.Order = ++_armings;
            }
            else if (next is not null)
            {
                _armed.Remove(next);
            }

            WakeWaiting();
            return next;
        }
    }

    private void Arm(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _armed.Remove(timer);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                timer.DueTicks = _elapsedTicks + dueTime.Ticks;
                timer.PeriodTicks = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
                timer.Order = ++_armings;
                _armed.Add(timer);
            }

            WakeWaiting();
        }
    }

    private Task UntilAsync(Func<bool> isMet)
    {
        lock (_gate)
        {
            if (isMet())
            {
                return Task.CompletedTask;
            }

            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((isMet, met));
            return met.Task.WithinTestTimeout();
        }
    }

    private void WakeWaiting() => _waiting.RemoveAll(waiting => waiting.IsMet() && waiting.Met.TrySetResult());

    private sealed class ManualTimer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private bool _disposed;

        public long DueTicks { get; set; }

        public long PeriodTicks { get; set; }

        public long Order { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (Volatile.Read(ref _disposed))
            {
                return false;
            }

            // A timer due at once fires without the clock moving, as a real one does: soon, on another thread.
            var isDueNow = dueTime == TimeSpan.Zero;
            owner.Arm(this, isDueNow ? (period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan) : dueTime, period);
            if (isDueNow)
            {
                ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            }

            return true;
        }

        public void Fire()
        {
            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, _ => callback(state), null);
            }
        }

        public void Dispose()
        {
            Volatile.Write(ref _disposed, true);
            owner.Arm(this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
