namespace Holdfast.Vigils;

/// <summary>
/// Knows how long something has been silent and wakes the loop when that is too long. Hearing something costs a
/// timestamp: the timer is not moved, it looks again when it fires. Stopped and started again it keeps a timer that fires
/// early enough. One loop reads it; the timer's thread only wakes.
/// </summary>
internal sealed class SilenceClock(TimeProvider time, Action wake) : IDisposable
{
    // Only for setting the timer: the loop and the timer's own thread may both want to, and the shorter limit must win.
    private readonly Lock _setting = new();
    private ITimer? _timer;
    private TimeSpan _limit = Timeout.InfiniteTimeSpan;
    private long _since;
    private long _firesAt;
    private int _isArmed;

    /// <summary>How long it has been silent.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _since));

    /// <summary>Whether it has been silent for longer than it may. Looking also sets the timer again.</summary>
    public bool IsDue => IsDueAt(time.GetTimestamp());

    /// <inheritdoc cref="IsDue"/>
    /// <param name="now">The clock's timestamp: who looks at several clocks reads it once.</param>
    public bool IsDueAt(long now)
    {
        if (_limit == Timeout.InfiniteTimeSpan)
        {
            return false;
        }

        var left = _limit - time.GetElapsedTime(Volatile.Read(ref _since), now);
        if (left <= TimeSpan.Zero)
        {
            return true;
        }

        if (Volatile.Read(ref _isArmed) == 0)
        {
            lock (_setting)
            {
                Arm(left, now);
            }
        }

        return false;
    }

    /// <summary>Begins to measure with this limit; <see cref="Timeout.InfiniteTimeSpan"/> never ends.</summary>
    public void Start(TimeSpan limit)
    {
        var now = time.GetTimestamp();
        Volatile.Write(ref _since, now);
        lock (_setting)
        {
            _limit = limit;
            if (limit != Timeout.InfiniteTimeSpan && (_isArmed == 0 || _firesAt > now + TimestampsIn(limit)))
            {
                Arm(limit, now);
            }
        }
    }

    /// <summary>Something was heard.</summary>
    public void Restart() => Volatile.Write(ref _since, time.GetTimestamp());

    /// <summary>No longer measures.</summary>
    public void Stop()
    {
        // Only the loop that calls ever sets it.
        if (_limit == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (_setting)
        {
            _limit = Timeout.InfiniteTimeSpan;
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Arm(TimeSpan left, long now)
    {
        Volatile.Write(ref _isArmed, 1);
        _firesAt = now + TimestampsIn(left);
        _timer ??= time.CreateTimer(
            static clock => ((SilenceClock)clock!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }

    private long TimestampsIn(TimeSpan delay) => (long)(delay.TotalSeconds * time.TimestampFrequency);

    private void Fire()
    {
        lock (_setting)
        {
            var now = time.GetTimestamp();
            var left = _limit == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : _limit - time.GetElapsedTime(_since, now);
            if (left > TimeSpan.Zero)
            {
                _firesAt = now + TimestampsIn(left);
                _timer!.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            Volatile.Write(ref _isArmed, 0);
        }

        wake();
    }
}
