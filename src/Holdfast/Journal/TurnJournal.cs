
namespace Holdfast.Journal;

/// <summary>Knows the turns whose client was lost or may be, finds the one a request asks for again, and keeps them within
/// bounds. Safe for any thread; while no client is lost, asking it takes no lock.</summary>
/// <param name="options">The bounds.</param>
/// <param name="time">The clock.</param>
/// <param name="spill">Where whole answers go that memory has no room for; null where they go for good.</param>
/// <param name="logger">Where it says that the disk does not take them.</param>
internal sealed class TurnJournal(
    JournalOptions options, TimeProvider time, SpillFile? spill = null, ILogger<TurnJournal>? logger = null) : IDisposable
{
    /// <summary>How many turns alike are listed while their clients are there: enough for one whose connection is dead; more
    /// are asked side by side on purpose. Those that are lost are listed all.</summary>
    private const int MostAlike = 4;

    /// <summary>How long a disk that took nothing is left alone.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    /// <summary>How many turns that ended without an answer are remembered.</summary>
    private const int MostEnded = 10_000;

    // Never held while a turn's own is asked for.
    private readonly Lock _gate = new();
    private readonly Dictionary<TurnKey, List<Turn>> _turns = [];
    private readonly Dictionary<TurnKey, List<Turn>> _sessions = [];
    private readonly Dictionary<Turn, (ITimer Timer, LinkedListNode<Turn> Place)> _kept = [];
    private readonly LinkedList<Turn> _oldestFirst = [];
    private readonly LinkedList<Turn> _oldestOnDisk = [];
    private readonly Dictionary<TurnKey, (EndedTurn Turn, long At)> _ended = [];
    private readonly Queue<(TurnKey Key, long At)> _oldestEnded = [];
    private int _count;
    private int _endedCount;
    private long _held;
    private int _isSpilling;
    private long _spillsFrom;
    private volatile JournalOptions _options = options;

    /// <summary>The bounds.</summary>
    public JournalOptions Options => _options;

    /// <summary>From now on these settings hold. What waits by other terms goes on waiting.</summary>
    public void Follow(JournalOptions settings)
    {
        _options = settings;
        if (spill is not null)
        {
            spill.MaxBytes = settings.MaxDiskBytes;
        }
    }

    /// <summary>Whether there is nothing to come back for, and nothing to be linked to.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0 && Volatile.Read(ref _endedCount) == 0;

    /// <summary>How many turns can be come back for.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many of them are whole, and wait to be fetched.</summary>
    public int Kept
    {
        get
        {
            lock (_gate)
            {
                return _kept.Count;
            }
        }
    }

    /// <summary>Bytes of memory all of them take.</summary>
    public long HeldBytes => Interlocked.Read(ref _held);

    /// <summary>Bytes of disk they take.</summary>
    public long DiskBytes => spill?.HeldBytes ?? 0;

    /// <summary>Lets a turn be found; false where it cannot be told from others.</summary>
    public bool Add(Turn turn)
    {
        if (turn.Request is not { } request)
        {
            return false;
        }

        lock (_gate)
        {
            if (!turn.IsListed && (turn.IsClientLost || !IsCrowded(request.Key)))
            {
                turn.IsListed = true;
                _count++;
                Into(_turns, request.Key, turn);
                if (request.Session is { } session)
                {
                    Into(_sessions, session, turn);
                }

                if (request.Conversation is { } conversation)
                {
                    Into(_turns, conversation, turn);
                }
            }
        }

        return true;
    }

    /// <summary>The turn a request asks for again; null where there is none, or it may be another one.</summary>
    public Turn? Find(TurnRequest request)
    {
        foreach (var turn in Of(_turns, request.Key))
        {
            if (request.IsRepeatOf(turn))
            {
                return turn;
            }
        }

        return null;
    }

    /// <summary>The lost turn whose question this is the beginning of; null where there is none.</summary>
    public Turn? FindCut(TurnKey conversation) => Of(_turns, conversation).FirstOrDefault(turn => turn.IsUnheard);

    /// <summary>A turn ended without a whole answer; for <see cref="JournalOptions.Keep"/> it is known when it comes again.</summary>
    public void Remember(TurnRequest request, EndedTurn ended)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            ForgetEnded(now);
            _ended[request.Key] = (ended, now);
            _oldestEnded.Enqueue((request.Key, now));
            if (request.Conversation is { } conversation)
            {
                _ended[conversation] = (ended, now);
                _oldestEnded.Enqueue((conversation, now));
            }

            Volatile.Write(ref _endedCount, _ended.Count);
        }
    }

    /// <summary>The turn this one repeats, which ended without an answer; null where there is none. Told once.</summary>
    public EndedTurn? TakeEnded(TurnKey key)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            ForgetEnded(now);
            var isKnown = _ended.Remove(key, out var ended);
            Volatile.Write(ref _endedCount, _ended.Count);
            return isKnown ? ended.Turn : null;
        }
    }

    /// <summary>A session asks for something else: whatever of it still waits for its client does so in vain.</summary>
    public void MoveOn(TurnRequest request)
    {
        if (request.Session is not { } session)
        {
            return;
        }

        foreach (var turn in Of(_sessions, session))
        {
            if (turn.Request!.Key != request.Key)
            {
                turn.Dismiss();
            }
        }
    }

    /// <summary>A whole answer waits to be fetched, for so long.</summary>
    public void Keep(Turn turn)
    {
        lock (_gate)
        {
            if (!turn.IsListed)
            {
                // Forgotten meanwhile.
                return;
            }

            if (_kept.TryGetValue(turn, out var kept))
            {
                // Kept already, and read in between: its time may have run out meanwhile.
                kept.Timer.Change(turn.Terms.Keep, Timeout.InfiniteTimeSpan);
                PutBack(turn, kept.Place);
                return;
            }

            var timer = time.CreateTimer(
                static state => ((Turn)state!).Forget(), turn, turn.Terms.Keep, Timeout.InfiniteTimeSpan);
            _kept[turn] = (timer, _oldestFirst.AddLast(turn));
        }

        SpillIfDue();
    }

    /// <summary>Nobody can come back for a turn any more.</summary>
    public void Remove(Turn turn)
    {
        lock (_gate)
        {
            turn.IsListed = false;
            if (_kept.Remove(turn, out var kept))
            {
                kept.Timer.Dispose();
                kept.Place.List?.Remove(kept.Place);
            }

            if (turn.KnownRequest is { } request && From(_turns, request.Key, turn))
            {
                _count--;
                if (request.Session is { } session)
                {
                    From(_sessions, session, turn);
                }

                if (request.Conversation is { } conversation)
                {
                    From(_turns, conversation, turn);
                }
            }
        }
    }

    /// <summary>More or less memory is taken.</summary>
    public void Held(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) > _options.MaxBytes / 2 && bytes > 0)
        {
            SpillIfDue();
        }
    }

    /// <summary>Whether so much more memory may be taken; whole answers nobody fetched make room, the oldest first.</summary>
    public bool HasRoom(int bytes)
    {
        while (Interlocked.Read(ref _held) + bytes > _options.MaxBytes)
        {
            if (TakeOldest(_oldestFirst) is not { } oldest)
            {
                return false;
            }

            oldest.Forget();
        }

        return true;
    }

    /// <summary>Waits until nothing is on its way to disk.</summary>
    public Task Spilling { get; private set; } = Task.CompletedTask;

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (timer, _) in _kept.Values)
            {
                timer.Dispose();
            }

            _kept.Clear();
        }

        spill?.Dispose();
    }

    private void SpillIfDue()
    {
        if (spill is { MaxBytes: > 0 } && HasMuchKept() && Interlocked.Exchange(ref _isSpilling, 1) == 0)
        {
            // Not on the thread of whoever adds to its turn.
            Spilling = Task.Run(() => SpillAsync(spill));
        }
    }

    private bool HasMuchKept() => HeldBytes > _options.MaxBytes / 2 && _oldestFirst.Count > 0
        && time.GetTimestamp() >= Volatile.Read(ref _spillsFrom);

    private async Task SpillAsync(SpillFile file)
    {
        try
        {
            await SpillAllAsync(file);
        }
        finally
        {
            Volatile.Write(ref _isSpilling, 0);
        }
    }

    private async Task SpillAllAsync(SpillFile file)
    {
        while (HasMuchKept() && TakeOldest(_oldestFirst) is { } turn)
        {
            try
            {
                while (!await turn.SpillAsync(file))
                {
                    var goes = turn.Length > _options.MaxDiskBytes ? turn : TakeOldest(_oldestOnDisk) ?? turn;
                    goes.Forget();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // What was to go there is forgotten when its memory is needed.
                logger?.SpillFailed(e.Message);
                Volatile.Write(ref _spillsFrom, time.GetTimestamp() + (PauseAfterFailure.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond));
            }

            lock (_gate)
            {
                if (_kept.TryGetValue(turn, out var kept))
                {
                    PutBack(turn, kept.Place);
                }
            }
        }
    }

    private void PutBack(Turn turn, LinkedListNode<Turn> place)
    {
        if (place.List is null && !turn.HasReader)
        {
            (turn.IsOnDisk ? _oldestOnDisk : _oldestFirst).AddLast(place);
        }
    }

    private void ForgetEnded(long now)
    {
        while (_oldestEnded.TryPeek(out var oldest)
            && (_oldestEnded.Count > MostEnded || time.GetElapsedTime(oldest.At, now) >= _options.Keep))
        {
            _oldestEnded.Dequeue();
            if (_ended.TryGetValue(oldest.Key, out var known) && known.At == oldest.At)
            {
                _ended.Remove(oldest.Key);
            }
        }
    }

    private Turn? TakeOldest(LinkedList<Turn> list)
    {
        lock (_gate)
        {
            var oldest = list.First?.Value;
            if (oldest is not null)
            {
                // One that is just being read is not forgotten now: the next one is asked for then.
                list.RemoveFirst();
            }

            return oldest;
        }
    }

    private Turn[] Of(Dictionary<TurnKey, List<Turn>> index, TurnKey key)
    {
        lock (_gate)
        {
            return index.TryGetValue(key, out var turns) ? [.. turns] : [];
        }
    }

    private bool IsCrowded(TurnKey key) => _turns.TryGetValue(key, out var turns) && turns.Count >= MostAlike;

    private static void Into(Dictionary<TurnKey, List<Turn>> index, TurnKey key, Turn turn)
    {
        if (!index.TryGetValue(key, out var turns))
        {
            index[key] = turns = new List<Turn>(1);
        }

        turns.Add(turn);
    }

    private static bool From(Dictionary<TurnKey, List<Turn>> index, TurnKey key, Turn turn)
    {
        if (!index.TryGetValue(key, out var turns) || !turns.Remove(turn))
        {
            return false;
        }

        if (turns.Count == 0)
        {
            index.Remove(key);
        }

        return true;
    }
}
