using System.Collections.Concurrent;

namespace Holdfast.Failover;

/// <summary>Knows which candidates are spared with which credentials, and until when. Owns no clock. Safe for any thread;
/// while nothing is wrong, asking it and reporting success take no lock and no memory.</summary>
internal sealed class HealthBook(CooldownOptions options)
{
    private const int MostKeys = 10_000;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<HealthKey, KeyHealth> _keys = new();
    private int _count;
    private long _version;
    private volatile CooldownOptions _options = options;
    private DateTimeOffset _nextSweep;

    /// <summary>Whether nothing at all is known to be wrong.</summary>
    public bool IsQuiet => Volatile.Read(ref _count) == 0;

    /// <summary>Changes whenever something changed that is worth saving.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Whether a candidate may be asked.</summary>
    public Availability Of(HealthKey key, DateTimeOffset now)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return default;
        }

        var whole = Find(key.Whole)?.At(now) ?? default;
        return key.Model is null ? whole : Availability.Worse(whole, Find(key)?.At(now) ?? default);
    }

    /// <summary>Whether the caller may ask a candidate now. Where a probe is due it is the caller's, and everybody else sees
    /// a cooldown until the outcome is reported, or for 30 s. A ready candidate needs no probe: true.</summary>
    public bool TryProbe(HealthKey key, DateTimeOffset now)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return true;
        }

        lock (_gate)
        {
            if (Of(key, now).State == HealthState.Cooling)
            {
                return false;
            }

            Find(key.Whole)?.ClaimProbe(now);
            Find(key)?.ClaimProbe(now);
            return true;
        }
    }

    /// <summary>Whether the caller may ask a candidate that cools down for long: once in 30 s somebody may, since what was
    /// wrong may have been put right meanwhile.</summary>
    public bool TryNevertheless(HealthKey key, DateTimeOffset now)
    {
        lock (_gate)
        {
            var whole = Find(key.Whole);
            var one = Find(key);
            if (whole?.MayBeAskedNevertheless(now) == false || one?.MayBeAskedNevertheless(now) == false)
            {
                return false;
            }

            whole?.AskNevertheless(now);
            one?.AskNevertheless(now);
            return true;
        }
    }

    /// <summary>A candidate answered: it is well again, and so is its credential.</summary>
    /// <param name="sent">When the request went out. What went out before a cooldown began does not end it; null always
    /// does.</param>
    public void Succeeded(HealthKey key, DateTimeOffset now, DateTimeOffset? sent = null)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return;
        }

        NoteSuccess(key.Whole, now, sent);
        if (key.Model is not null)
        {
            NoteSuccess(key, now, sent);
        }
    }

    /// <summary>A candidate failed before it answered, or its answer did. A failure that says nothing about the candidate
    /// ends a probe and changes nothing else.</summary>
    /// <param name="sent">When the request went out. The failure of what went out before a cooldown began is no failed
    /// probe.</param>
    public void Failed(HealthKey key, Classification verdict, DateTimeOffset now, DateTimeOffset? sent = null)
    {
        if (!_options.Enabled)
        {
            return;
        }

        var terms = CooldownTerms.Of(verdict);
        lock (_gate)
        {
            Find(key.Whole)?.ReleaseProbe(sent);
            Find(key)?.ReleaseProbe(sent);

            // A request that names no model cannot have named a wrong one.
            if (terms.IsNeutral || (key.Model is null && verdict.Reason == FailureReason.ModelNotFound))
            {
                return;
            }

            Sweep(now);
            var cause = terms.IsForAllModels ? key.Whole : key;
            NoteChange(cause, FindOrAdd(cause, now).Failed(terms, verdict, sent, now));
        }
    }

    /// <summary>Every key that cools down or awaits its probe, in the order of their names.</summary>
    public IReadOnlyList<HealthEntry> Snapshot(DateTimeOffset now)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return [];
        }

        lock (_gate)
        {
            return
            [
                .. from pair in _keys
                   let availability = pair.Value.At(now)
                   where availability.State != HealthState.Ready
                   orderby pair.Key.Upstream, pair.Key.Credential, pair.Key.Model
                   select new HealthEntry(
                       pair.Key.Upstream, pair.Key.Credential, pair.Key.Model, availability.State, pair.Value.End,
                       pair.Value.Step, availability.Reason, pair.Value.Failures),
            ];
        }
    }

    /// <summary>From now on these settings hold; where nobody is spared any more, everybody counts as well at once.</summary>
    public void Follow(CooldownOptions settings)
    {
        _options = settings;
        if (!settings.Enabled)
        {
            Forget(static _ => true);
        }
    }

    /// <summary>An upstream is another one now, or gone: nothing that was known of it holds.</summary>
    public void Forget(string upstream) =>
        Forget(key => string.Equals(key.Upstream, upstream, StringComparison.OrdinalIgnoreCase));

    /// <summary>Takes over what an earlier life of the gateway had noted; what is long over is left out.</summary>
    public void Restore(IEnumerable<HealthEntry> entries, DateTimeOffset now)
    {
        if (!_options.Enabled)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var entry in entries)
            {
                var health = FindOrAdd(entry.Key, now);
                health.Restore(entry, now);
                if (health.IsOver(now))
                {
                    Remove(entry.Key);
                }
            }
        }
    }

    private void Forget(Func<HealthKey, bool> isMeant)
    {
        lock (_gate)
        {
            foreach (var key in _keys.Keys.Where(isMeant).ToList())
            {
                Remove(key);
                NoteChange(key, hasChanged: true);
            }
        }
    }

    private KeyHealth? Find(HealthKey key) => _keys.GetValueOrDefault(key);

    private void NoteSuccess(HealthKey key, DateTimeOffset now, DateTimeOffset? sent)
    {
        if (!_keys.ContainsKey(key))
        {
            return;
        }

        lock (_gate)
        {
            if (!_keys.TryGetValue(key, out var health))
            {
                return;
            }

            NoteChange(key, health.Succeeded(sent, now));
            if (health.IsOver(now))
            {
                Remove(key);
            }
        }
    }

    private KeyHealth FindOrAdd(HealthKey key, DateTimeOffset now)
    {
        if (_keys.TryGetValue(key, out var known))
        {
            return known;
        }

        if (_count >= MostKeys)
        {
            MakeRoom(now);
        }

        var health = new KeyHealth();
        _keys[key] = health;
        Volatile.Write(ref _count, _count + 1);
        return health;
    }

    private void Remove(HealthKey key)
    {
        if (_keys.TryRemove(key, out _))
        {
            Volatile.Write(ref _count, _count - 1);
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        if (now < _nextSweep && _nextSweep - now <= SweepInterval)
        {
            return;
        }

        _nextSweep = now + SweepInterval;
        foreach (var (key, health) in _keys)
        {
            if (health.IsOver(now))
            {
                Remove(key);
            }
        }
    }

    // Anybody can invent a credential or a model: those of clients go first, then what ends or has ended first.
    private void MakeRoom(DateTimeOffset now)
    {
        var dispensable = _keys
            .OrderByDescending(pair => pair.Value.IsOver(now))
            .ThenByDescending(pair => pair.Key.IsClients)
            .ThenBy(pair => pair.Value.End)
            .Take(MostKeys / 10)
            .Select(pair => pair.Key)
            .ToList();
        foreach (var key in dispensable)
        {
            Remove(key);
        }
    }

    private void NoteChange(HealthKey key, bool hasChanged)
    {
        if (hasChanged && !key.IsClients)
        {
            Interlocked.Increment(ref _version);
        }
    }
}
