using System.Buffers;

namespace Holdfast.Observability;

/// <summary>Writes lines to a stream that may be slow, stuck or closed, without anyone waiting for it: whoever has a line
/// copies it behind the others, a thread of the queue's own takes them all at once. Does not own the stream. What does
/// not fit or fails is lost, and said so.</summary>
/// <param name="name">The thread's name.</param>
/// <param name="sink">Where the lines go, one write for many.</param>
/// <param name="capacity">How many lines may wait; never more than 64 MB of them.</param>
/// <param name="linger">How long to gather before a write: under load it saves a thread switch a line.</param>
/// <param name="lost">Told how many lines were lost, and why: <c>queue_full</c>, <c>sink_failed</c>.</param>
internal sealed class LineQueue(string name, Stream sink, int capacity, TimeSpan linger, Action<long, string> lost)
{
    private const int UsualBytes = 128 * 1024;
    private const int MostBytesKept = 1024 * 1024;
    private const int MostBytesWaiting = 64 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Held while a line is copied, a fraction of a microsecond; never while anything is written.
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _filled = new(initialState: false, spinCount: 0);
    private readonly ManualResetEventSlim _stopping = new(initialState: false, spinCount: 0);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte> _filling = new(UsualBytes);
    private ArrayBufferWriter<byte> _writing = new(UsualBytes);
    private int _lines;
    private bool _isClosed;
    private int _isStarted;

    /// <summary>Begins to write; called twice it does nothing more.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            // A thread of its own: a full pipe blocks in write(2), and must not take a thread from the exchanges.
            new Thread(Run) { Name = name, IsBackground = true }.Start();
        }
    }

    /// <summary>Queues a line, without its end. Never blocks, never throws.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (!_isClosed && _lines < capacity && _filling.WrittenCount + line.Length < MostBytesWaiting)
            {
                _filling.Write(line);
                _filling.Write("\n"u8);
                if (_lines++ == 0)
                {
                    _filled.Set();
                }

                return;
            }
        }

        lost(1, "queue_full");
    }

    /// <summary>Takes nothing more, writes what waits and ends. Gives up, without an exception, when the caller does or
    /// after five seconds of real time: then nobody reads the stream any more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Start();
        lock (_gate)
        {
            _isClosed = true;
            _filled.Set();
        }

        _stopping.Set();
        await _ended.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Run()
    {
        while (true)
        {
            _filled.Wait();
            if (linger > TimeSpan.Zero)
            {
                _stopping.Wait(linger);
            }

            int lines;
            bool isClosed;
            lock (_gate)
            {
                _filled.Reset();
                (lines, _lines, isClosed) = (_lines, 0, _isClosed);
                (_filling, _writing) = (_writing, _filling);
            }

            Write(lines);
            if (isClosed)
            {
                // Nothing is added once it is closed: that was all.
                _ended.TrySetResult();
                return;
            }
        }
    }

    private void Write(int lines)
    {
        if (lines == 0)
        {
            return;
        }

        try
        {
            sink.Write(_writing.WrittenSpan);
            sink.Flush();
        }
        catch (Exception)
        {
            // A closed pipe or a full disk: the gateway's work goes on.
            lost(lines, "sink_failed");
        }

        _writing.ResetWrittenCount();
        if (_writing.Capacity > MostBytesKept)
        {
            _writing = new ArrayBufferWriter<byte>(UsualBytes);
        }
    }
}
