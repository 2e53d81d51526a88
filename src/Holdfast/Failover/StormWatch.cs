namespace Holdfast.Failover;

/// <summary>Recognises a turn that comes again and again: more often than so many times within a window that slides.
/// Refused ones count too, so a loop that goes on stays refused, and one that pauses for the window is let through.
/// Owns no clock and no timer; bounded; safe for any thread, and takes no memory for a turn that comes once.</summary>
internal sealed class StormWatch(StormOptions options)
{
    /// <summary>How many turns are watched at most.</summary>
    public const int Most = 50_000;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);

    private volatile Watch _watch = new(options);

    public int Watched => _watch.Shards.Count;

    /// <summary>From now on these settings hold. Where they differ, counting begins anew.</summary>
    public void Follow(StormOptions settings)
    {
        if (!_watch.IsFor(settings))
        {
            _watch = new(settings);
        }
    }

    /// <summary>A turn has come.</summary>
    public StormVerdict Count(StormKey key, DateTimeOffset now)
    {
        var watch = _watch;
        if (!watch.Enabled)
        {
            return new(false, TimeSpan.Zero, 1, false);
        }

        var shard = watch.Shards.Of(key.Value);
        lock (shard.Gate)
        {
            var slot = shard.Find(key.Value);
            if (slot < 0)
            {
                slot = shard.Add(key.Value, now);
            }

            shard.Touch(slot, now);
            return watch.Judge(ref shard[slot], now);
        }
    }

    /// <summary>What is counted, and the terms it is counted by. A copy of them: options can be changed.</summary>
    private sealed class Watch(StormOptions options)
    {
        private readonly int _limit = Math.Max(options.Limit, 1);
        private readonly TimeSpan _window = options.Window;

        public bool Enabled { get; } = options.Enabled;

        public KeyShards<Arrivals> Shards { get; } = new(Most);

        public bool IsFor(StormOptions options) =>
            (Enabled, _limit, _window) == (options.Enabled, Math.Max(options.Limit, 1), options.Window);

        public StormVerdict Judge(ref Arrivals arrivals, DateTimeOffset now)
        {
            var before = arrivals.CountSince(now - _window);
            if (before == 0)
            {
                arrivals = default;
            }

            arrivals.Add(now, _limit);
            if (before < _limit)
            {
                arrivals.Refused = 0;
                return new(false, TimeSpan.Zero, before + 1, false);
            }

            arrivals.Refused++;
            var leaves = arrivals.Oldest + _window - now;
            var wait = leaves > _window ? _window : leaves < ShortestWait ? ShortestWait : leaves;
            return new(true, wait, _limit + arrivals.Refused, arrivals.Refused == 1);
        }
    }

    /// <summary>When a turn came last: as many times as the limit is, oldest first. The first needs no memory.</summary>
    private struct Arrivals
    {
        public int Refused;
        private DateTimeOffset _last;
        private DateTimeOffset[]? _ring;
        private int _start;
        private int _count;

        public readonly DateTimeOffset Oldest => _ring is null ? _last : _ring[_start];

        public readonly int CountSince(DateTimeOffset since)
        {
            if (_ring is null)
            {
                return _count > 0 && _last > since ? 1 : 0;
            }

            var old = 0;
            while (old < _count && _ring[(_start + old) % _ring.Length] <= since)
            {
                old++;
            }

            return _count - old;
        }

        public void Add(DateTimeOffset now, int limit)
        {
            if (limit == 1 || _count == 0)
            {
                (_last, _count) = (now, 1);
                return;
            }

            if (_ring is null || (_count == _ring.Length && _count < limit))
            {
                Grow(limit);
            }

            if (_count == _ring!.Length)
            {
                _ring[_start] = now;
                _start = (_start + 1) % _ring.Length;
            }
            else
            {
                _ring[(_start + _count) % _ring.Length] = now;
                _count++;
            }
        }

        private void Grow(int limit)
        {
            var ring = new DateTimeOffset[Math.Min(Math.Max(_count * 2, 4), limit)];
            for (var i = 0; i < _count; i++)
            {
                ring[i] = _ring is null ? _last : _ring[(_start + i) % _ring.Length];
            }

            (_ring, _start) = (ring, 0);
        }
    }
}
