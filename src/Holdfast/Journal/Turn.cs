
namespace Holdfast.Journal;

/// <summary>
/// The answer to one turn while it is made: written by the exchange that asks the upstream, read by whoever comes back for
/// it. One writer, at most one reader, each in its own time. Safe for any thread.
/// </summary>
/// <remarks>
/// <code>
///            client lost              it asks again
/// Heard ────────────────→ Waiting ←──────────────→ Fetched ── all read ──→ forgotten
///   │                        │ journal.linger is over, or the user moved on: the writer gives up
///   │ whole                  │ whole: kept for journal.keep
///   ↓                        ↓
/// forgotten                Kept ─── it asks again ──→ Fetched
/// </code>
/// </remarks>
/// <param name="journal">Where it is found.</param>
/// <param name="terms">How long it waits.</param>
/// <param name="exchangeId">The exchange that asks the upstream.</param>
/// <param name="client">Its client. Not asked for anything once the answer is finished.</param>
/// <param name="asked">What was asked.</param>
internal sealed class Turn(
    TurnJournal journal, TurnTerms terms, string exchangeId, ITurnClient client, ITurnSource asked)
{
    // Also the lock of everything here: most turns reach their client and need neither.
    private readonly TurnBytes _bytes = new();
    private SpillFile.Spilled? _spilled;
    private bool _isSpilling;
    private TurnRequest? _request;
    private bool _isIdentified;
    private TurnReader? _reader;
    private Action? _wakeWriter;
    private bool _isClientLost;
    private bool _isDismissed;
    private bool _isForgotten;
    private bool _hasReaderLeft;
    private bool _wasTakenOverByRule;
    private ITurnClient? _client = client;
    private ITurnSource? _asked = asked;

    /// <summary>How long it waits.</summary>
    public TurnTerms Terms => terms;

    /// <summary>The exchange that asks the upstream.</summary>
    public string ExchangeId => exchangeId;

    /// <summary>What was asked; null where nothing tells it from others. Asked for first while the request's body is
    /// there.</summary>
    public TurnRequest? Request
    {
        get
        {
            if (!_isIdentified)
            {
                (_request, _isIdentified) = (_asked?.Identify(), true);
            }

            return _request;
        }
    }

    /// <summary>The same, where it is known already.</summary>
    public TurnRequest? KnownRequest => _request;

    /// <summary>Whether the journal knows it. The journal says so.</summary>
    public bool IsListed { get; set; }

    /// <summary>The head of the answer; null until there is one.</summary>
    public TurnHead? Head { get; private set; }

    /// <summary>How it ended.</summary>
    public TurnEnd End { get; private set; }

    /// <summary>Who serves it, for the records of those who come back: upstream and, where another is asked for than the
    /// client named, model.</summary>
    public (string? Upstream, string? Model) Server { get; set; }

    /// <summary>Whether the client that asked was lost before it had the whole answer.</summary>
    public bool IsClientLost => Volatile.Read(ref _isClientLost) || Volatile.Read(ref _client) is { IsGone: true };

    /// <summary>Whether somebody reads now.</summary>
    public bool HasReader => Volatile.Read(ref _reader) is not null;

    /// <summary>Whether it is certain that nobody hears it: whoever was served is lost, or cannot be reached any more.</summary>
    public bool IsUnheard
    {
        get
        {
            lock (_bytes)
            {
                return _reader?.IsLost ?? (_isClientLost || _client is { IsLost: true });
            }
        }
    }

    /// <summary>Whether anything generated has been written.</summary>
    public bool HasOutput { get; set; }

    /// <summary>Whether something was changed on its way here.</summary>
    public bool IsRepaired { get; set; }

    /// <summary>Whether a retry of the client that asked, known by its rule, may be served in its place: once only.</summary>
    /// <param name="onlyBeforeHead">Whether not once it has the head of an answer.</param>
    public bool MayBeTakenOver(bool onlyBeforeHead)
    {
        lock (_bytes)
        {
            return !_wasTakenOverByRule && _reader is null && _client is not null && !(onlyBeforeHead && _client.HasHead);
        }
    }

    /// <summary>Whether anybody may still come back for it, or has.</summary>
    public bool IsWanted
    {
        get
        {
            lock (_bytes)
            {
                return _reader is not null || (!_isForgotten && !_isDismissed && _bytes.Start == 0);
            }
        }
    }

    /// <summary>How many bytes of the answer there are so far.</summary>
    public long Length
    {
        get
        {
            lock (_bytes)
            {
                return LengthNow;
            }
        }
    }

    /// <summary>Whether it outgrew what may be kept, so that nobody can come back for it.</summary>
    public bool IsOutgrown { get; private set; }

    /// <summary>Whether the writer must wait: the reader is too far behind.</summary>
    public bool IsFull
    {
        get
        {
            lock (_bytes)
            {
                return _reader is { } reader && _bytes.End - reader.Position > journal.Options.MaxTurnBytes;
            }
        }
    }

    // ---- the writer

    /// <summary>The head is known.</summary>
    public void Begin(TurnHead head)
    {
        lock (_bytes)
        {
            Head = head;
        }

        _reader?.Wake();
    }

    /// <summary>Adds bytes of the answer, always whole frames.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_bytes)
        {
            if (_isForgotten)
            {
                return;
            }

            Fit(bytes.Length);
            if (!_isForgotten)
            {
                var before = _bytes.Held;
                _bytes.Append(bytes);
                journal.Held(_bytes.Held - before);
            }
        }

        _reader?.Wake();
    }

    /// <summary>Nothing more comes.</summary>
    public void Finish(TurnEnd end)
    {
        bool mayBeFetched;
        TurnReader? reader;
        if (End != TurnEnd.None)
        {
            return;
        }

        lock (_bytes)
        {
            (End, _wakeWriter, reader) = (end, null, _reader);
            if (end == TurnEnd.Whole && Head is not null && _client is { IsLost: true })
            {
                // Written, and never arrived.
                _isClientLost = true;
            }

            // A kept answer must not keep a connection's memory too.
            (_client, _asked) = (null, null);
            mayBeFetched = _isClientLost && end == TurnEnd.Whole && !_isForgotten && !_isDismissed && _bytes.Start == 0;
            if (reader is null && !(mayBeFetched && journal.Add(this)))
            {
                mayBeFetched = false;
                ForgetNow();
            }
        }

        if (reader is not null)
        {
            reader.Wake();
        }
        else if (mayBeFetched)
        {
            journal.Keep(this);
        }
    }

    /// <summary>The client is lost: whether the writer goes on nevertheless, for whoever comes back.</summary>
    /// <param name="wakeWriter">Called when that may have changed.</param>
    public bool LoseClient(Action wakeWriter)
    {
        var isNew = false;
        lock (_bytes)
        {
            if (!_isClientLost)
            {
                (_isClientLost, _wakeWriter, isNew) = (true, wakeWriter, true);
            }
        }

        if (isNew)
        {
            List();
        }

        return IsWanted;
    }

    /// <summary>The client is about to be sent the last of what it came for: from now on its leaving is no loss.</summary>
    public void Deliver()
    {
        lock (_bytes)
        {
            if (_client is { IsLost: false })
            {
                _client = null;
            }
        }
    }

    /// <summary>Whether a reader has left since this was asked last: then the waiting begins anew.</summary>
    public bool TakeReaderLeft() => Interlocked.Exchange(ref _hasReaderLeft, false);

    // ---- the others

    /// <summary>The user has moved on: nobody will come back for it.</summary>
    public void Dismiss()
    {
        Action? wake;
        lock (_bytes)
        {
            if (_reader is not null || !_isClientLost)
            {
                return;
            }

            (_isDismissed, wake) = (true, _wakeWriter);
        }

        wake?.Invoke();
        if (End != TurnEnd.None)
        {
            Forget();
        }
    }

    /// <summary>Somebody came back for it, and reads from the first byte. Null if it is too late, or somebody else reads.</summary>
    /// <param name="request">What it asks for. Whoever is served, where it looks alive, is let go for it.</param>
    /// <param name="by">Who came back.</param>
    /// <param name="wake">Called when there may be more to read.</param>
    public TurnReader? Attach(TurnRequest request, ITurnClient by, Action wake)
    {
        TurnReader reader;
        TurnReader? before;
        Action? wakeWriter;
        lock (_bytes)
        {
            if (_isForgotten || _isDismissed || _bytes.Start > 0 || !request.IsRepeatOf(this))
            {
                return null;
            }

            _wasTakenOverByRule |= !IsUnheard && !request.IsNamed;
            reader = new TurnReader(this, by, wake);
            (before, _reader, wakeWriter) = (_reader, reader, _wakeWriter);

            // The request of either runs as long as it stands here.
            _client?.Abort();
            before?.TakeOver();
        }

        wakeWriter?.Invoke();
        return reader;
    }

    /// <summary>Gives the memory back: from now on nobody can come back for it. Not while somebody reads.</summary>
    public void Forget()
    {
        lock (_bytes)
        {
            if (_reader is null)
            {
                ForgetNow();
            }
        }
    }

    /// <summary>Reads what is there.</summary>
    internal ValueTask<int> ReadAsync(TurnReader reader, Memory<byte> target)
    {
        Action? wakeWriter = null;
        int count;
        lock (_bytes)
        {
            if (!ReferenceEquals(reader, _reader))
            {
                return new(0);
            }

            if (_spilled is { } spilled)
            {
                return ReadSpilledAsync(spilled, reader, target);
            }

            var wasFull = _bytes.End - reader.Position > journal.Options.MaxTurnBytes;
            count = _bytes.CopyTo(reader.Position, target.Span);
            reader.Position += count;
            wakeWriter = wasFull ? _wakeWriter : null;
        }

        wakeWriter?.Invoke();
        return new(count);
    }

    /// <summary>Whether a reader has all there will ever be.</summary>
    internal bool IsExhausted(TurnReader reader)
    {
        lock (_bytes)
        {
            return End != TurnEnd.None && reader.Position >= LengthNow;
        }
    }

    /// <summary>A reader is done: it has everything, or its own client was lost.</summary>
    internal void Detach(TurnReader reader, bool hasAll)
    {
        Action? wakeWriter;
        lock (_bytes)
        {
            if (!ReferenceEquals(reader, _reader))
            {
                return;
            }

            (_reader, wakeWriter) = (null, _wakeWriter);
            Volatile.Write(ref _hasReaderLeft, true);
        }

        if (End == TurnEnd.None)
        {
            wakeWriter?.Invoke();
        }
        else if (hasAll || End == TurnEnd.Failed || _bytes.Start > 0)
        {
            Forget();
        }
        else
        {
            journal.Keep(this);
        }
    }

    // ---- to disk

    /// <summary>Whether it waits there.</summary>
    public bool IsOnDisk => Volatile.Read(ref _spilled) is not null;

    /// <summary>Moves it to disk, where it is whole and nobody reads it. False where there is no room. Throws what the disk
    /// throws.</summary>
    public async Task<bool> SpillAsync(SpillFile file)
    {
        lock (_bytes)
        {
            if (End != TurnEnd.Whole || _reader is not null || _isForgotten || _spilled is not null)
            {
                return true;
            }

            // Until it is done the bytes stay where they are: nothing adds to them, and whoever comes meanwhile reads them.
            _isSpilling = true;
        }

        SpillFile.Spilled? spilled = null;
        try
        {
            spilled = await file.WriteAsync(_bytes);
            return spilled is not null;
        }
        finally
        {
            EndSpilling(spilled);
        }
    }

    private void EndSpilling(SpillFile.Spilled? spilled)
    {
        lock (_bytes)
        {
            _isSpilling = false;
            if (_isForgotten)
            {
                ReleaseBytes();
                spilled?.Free();
            }
            else if (_reader is not null)
            {
                spilled?.Free();
            }
            else if (spilled is not null)
            {
                ReleaseBytes();
                _spilled = spilled;
            }
        }
    }

    private static async ValueTask<int> ReadSpilledAsync(SpillFile.Spilled spilled, TurnReader reader, Memory<byte> target)
    {
        var count = await spilled.ReadAsync(reader.Position, target);
        reader.Position += count;
        return count;
    }

    private long LengthNow => _spilled?.Length ?? _bytes.End;

    private void List()
    {
        // Identified without the lock: it takes a while.
        var isKnown = Request is not null;
        lock (_bytes)
        {
            if (!_isForgotten && !(isKnown && journal.Add(this)) && _reader is null)
            {
                ForgetNow();
            }
        }
    }

    /// <summary>Makes room for so many more bytes: drops what its reader has read, or forgets everything.</summary>
    private void Fit(int count)
    {
        var isTooLong = _bytes.End - _bytes.Start + count > journal.Options.MaxTurnBytes;
        if (!isTooLong && journal.HasRoom(_bytes.CostOf(count)))
        {
            return;
        }

        IsOutgrown = true;
        if (_reader is { } reader)
        {
            var before = _bytes.Held;
            _bytes.DropBefore(reader.Position);
            journal.Held(_bytes.Held - before);
            return;
        }

        ForgetNow();
    }

    private void ForgetNow()
    {
        if (_isForgotten)
        {
            return;
        }

        _isForgotten = true;
        if (IsListed)
        {
            journal.Remove(this);
        }

        _spilled?.Free();
        _spilled = null;
        if (!_isSpilling)
        {
            ReleaseBytes();
        }
    }

    private void ReleaseBytes()
    {
        if (_bytes.Held is > 0 and var held)
        {
            _bytes.Clear();
            journal.Held(-held);
        }
    }
}
