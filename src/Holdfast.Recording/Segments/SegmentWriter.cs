using System.Collections.Concurrent;

namespace Holdfast.Recording.Segments;

/// <summary>
/// Appends lines to segments without anyone waiting for the disk: whoever has a line copies it behind the others, a thread of
/// the writer's own does the rest. A line that was taken is written, unless the disk refuses until memory has no more room for
/// what waits, or until the process ends. Owns the segments it writes.
/// </summary>
/// <param name="family">What the lines are; part of the files' names.</param>
/// <param name="folder">Where the segments are made.</param>
/// <param name="terms">How much may wait, how often the disk is waited for.</param>
/// <param name="time">Names the segments.</param>
public sealed class SegmentWriter(string family, ISegmentFolder folder, SegmentTerms terms, TimeProvider time)
{
    // Real time on purpose: it shapes batches and retries and nothing that anyone can observe.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LineBlocks _lines = new(terms.MaxWaitingBytes);
    private readonly Queue<LineBlock> _taken = new();
    private readonly ManualResetEventSlim _filled = new(initialState: false, spinCount: 0);
    private readonly ManualResetEventSlim _stopping = new(initialState: false, spinCount: 0);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<TaskCompletionSource> _completions = [];
    private volatile SegmentTerms _terms = terms;
    private int _isStarted;

    // Of the writing thread alone.
    private ISegmentFile? _segment;
    private long _offset;
    private long _begunAt;
    private long _syncedAt;
    private long _unsynced;

    // Written by that thread, read by all.
    private long _written;
    private long _durable;
    private long _lost;
    private volatile bool _isEnded;
    private volatile string? _segmentName;
    private volatile string? _problem;

    /// <summary>Told, on the writing thread, when the disk begins to refuse (why) and when it takes again (null).</summary>
    public Action<string?>? ProblemChanged { get; init; }

    /// <summary>Told, on the writing thread, when a segment is complete.</summary>
    public Action<string>? Completed { get; init; }

    /// <summary>From now on these terms hold, also for what waits already.</summary>
    public void Follow(SegmentTerms settings)
    {
        _terms = settings;
        _lines.MaxBytes = settings.MaxWaitingBytes;
        _filled.Set();
    }

    /// <summary>How it stands now.</summary>
    public SegmentState State
    {
        get
        {
            var (lines, bytes) = _lines.Waiting;
            return new(
                family, _segmentName, Interlocked.Read(ref _written), Interlocked.Read(ref _durable), lines, bytes,
                Interlocked.Read(ref _lost), _problem);
        }
    }

    /// <summary>Takes a line, without its end. Never waits, never throws; false where it is lost because too many wait.</summary>
    public bool Add(ReadOnlySpan<byte> line)
    {
        if (!_isEnded && _lines.TryAdd(line, out var isFirst))
        {
            if (isFirst)
            {
                Start();
                _filled.Set();
            }

            return true;
        }

        Interlocked.Increment(ref _lost);
        return false;
    }

    /// <summary>Writes what waits, waits for the disk and ends. Gives up, without an exception, after five seconds of real
    /// time or when the caller does. Nothing may be added after it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping.Set();
        _filled.Set();
        if (Volatile.Read(ref _isStarted) == 0)
        {
            return;
        }

        await _ended.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Writes what was added up to now and completes the segment: what follows stands in another one. False where the
    /// disk does not take it within five seconds of real time.</summary>
    public async Task<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isStarted) == 0)
        {
            return true;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _completions.Enqueue(done);
        _filled.Set();
        await ((Task)Task.WhenAny(done.Task, _ended.Task)).WaitAsync(Patience, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return done.Task.IsCompleted || (_ended.Task.IsCompleted && _problem is null);
    }

    private void Start()
    {
        if (_isStarted == 0 && Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            // A thread of its own: a slow disk must not take a thread from the exchanges.
            new Thread(Run) { Name = $"recording {family}", IsBackground = true }.Start();
        }
    }

    private void Run()
    {
        while (true)
        {
            _filled.Wait(UntilSync());
            _stopping.Wait(Gather);
            var isStopping = _stopping.IsSet;
            _filled.Reset();

            // Before the lines: whoever asked for it had added theirs.
            var asked = _completions.Count;
            _isEnded = isStopping;
            var isWell = TakeAndWork(isStopping || asked > 0);
            while (isWell && asked-- > 0 && _completions.TryDequeue(out var done))
            {
                done.TrySetResult();
            }

            if (isStopping)
            {
                Interlocked.Add(ref _lost, _lines.Waiting.Lines);
                _ended.TrySetResult();
                return;
            }

            if (!isWell)
            {
                _stopping.Wait(RetryAfter);
                _filled.Set();
            }
        }
    }

    // While the disk refuses nothing more is taken: what waits then fills its blocks.
    private bool TakeAndWork(bool completes)
    {
        if (_taken.Count > 0 && !TryWork(completes: false))
        {
            return false;
        }

        _lines.TakeAll(_taken);
        return TryWork(completes);
    }

    // How long nothing need be done if no line comes.
    private TimeSpan UntilSync()
    {
        if (_segment is null)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var next = _unsynced > 0 ? _syncedAt + (long)_terms.FsyncInterval.TotalMilliseconds
            : _begunAt + (long)_terms.SegmentAge.TotalMilliseconds;
        return TimeSpan.FromMilliseconds(Math.Max(0, next - Environment.TickCount64));
    }

    private bool TryWork(bool completes)
    {
        try
        {
            while (_taken.TryPeek(out var block))
            {
                WriteBlock(block);
                _taken.Dequeue();
                _lines.Return(block);
                if (_offset >= _terms.SegmentBytes)
                {
                    Complete();
                }
            }

            SyncAndComplete(completes);
            Report(null);
            return true;
        }
        catch (Exception e)
        {
            // A full disk, a folder that cannot be written: what was taken stays and is tried again.
            Report(e.Message);
            if (_segment is { Exists: false })
            {
                Close();
            }

            return false;
        }
    }

    private void WriteBlock(LineBlock block)
    {
        if (_segment is null)
        {
            _segment = folder.Create(family, time.GetUtcNow());
            _segmentName = _segment.Name;
            _offset = 0;
            _begunAt = _syncedAt = Environment.TickCount64;
        }

        // Always at its place: where a part of it was written before the disk was full, that part is replaced.
        _segment.Write(block.Bytes, _offset);
        _offset += block.Bytes.Length;
        _unsynced += block.Lines;
        Interlocked.Add(ref _written, block.Lines);
    }

    private void SyncAndComplete(bool completes)
    {
        if (_segment is null)
        {
            return;
        }

        var now = Environment.TickCount64;
        if (completes || now - _begunAt >= _terms.SegmentAge.TotalMilliseconds)
        {
            Complete();
        }
        else if (_unsynced > 0 && now - _syncedAt >= _terms.FsyncInterval.TotalMilliseconds)
        {
            Sync();
            if (!_segment.Exists)
            {
                // Somebody removed it: what follows must not go the same way.
                Close();
            }
        }
    }

    private void Sync()
    {
        try
        {
            _segment!.Flush();
        }
        catch (Exception)
        {
            // The kernel may have let go of what it could not write, and says so once only: those lines count as lost, and
            // what follows stands elsewhere.
            Interlocked.Add(ref _lost, _unsynced);
            Interlocked.Add(ref _written, -_unsynced);
            _unsynced = 0;
            Close();
            throw;
        }

        _syncedAt = Environment.TickCount64;
        Interlocked.Add(ref _durable, _unsynced);
        _unsynced = 0;
    }

    private void Complete()
    {
        Sync();
        var name = _segment!.Name;
        Close();
        Completed?.Invoke(name);
    }

    private void Close()
    {
        _segment!.Dispose();
        _segment = null;
        _segmentName = null;
    }

    private void Report(string? problem)
    {
        if ((_problem is null) != (problem is null))
        {
            ProblemChanged?.Invoke(problem);
        }

        _problem = problem;
    }
}

/// <summary>How a <see cref="SegmentWriter"/> works.</summary>
/// <param name="FsyncInterval">How long what was written may be lost to a power failure.</param>
/// <param name="SegmentBytes">How large a segment becomes before the next one is begun.</param>
/// <param name="SegmentAge">How old it becomes.</param>
/// <param name="MaxWaitingBytes">How much may wait in memory for a disk that is slow or refuses.</param>
public sealed record SegmentTerms(TimeSpan FsyncInterval, long SegmentBytes, TimeSpan SegmentAge, long MaxWaitingBytes);

/// <summary>How a <see cref="SegmentWriter"/> stands. Counts are lines since its start.</summary>
/// <param name="Family">What its lines are.</param>
/// <param name="Segment">The file that grows now, if one does.</param>
/// <param name="Written">Handed to the operating system: what the end of this process cannot take any more.</param>
/// <param name="Durable">On the disk: what nothing but the disk's own death can take.</param>
/// <param name="Waiting">Not written yet.</param>
/// <param name="WaitingBytes">Their bytes.</param>
/// <param name="Lost">Never to be written: too many waited, or the process ended while the disk refused.</param>
/// <param name="Problem">What the disk says, while it refuses; null while it takes.</param>
public sealed record SegmentState(
    string Family, string? Segment, long Written, long Durable, long Waiting, long WaitingBytes, long Lost, string? Problem);
