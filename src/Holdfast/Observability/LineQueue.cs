using System.Buffers;
using System.Threading.Channels;

namespace Holdfast.Observability;

/// <summary>Writes lines to a stream that may be slow, stuck or closed, without anyone waiting for it. Owns the one
/// thread that may block on it; does not own the stream. What does not fit or fails is lost, and said so.</summary>
/// <param name="sink">Where the lines go, one write for many.</param>
/// <param name="capacity">How many items may wait.</param>
/// <param name="format">Turns an item into bytes, without the line end. Called on the queue's own thread.</param>
/// <param name="lost">Told how many items were lost, and why: <c>queue_full</c>, <c>sink_failed</c>.</param>
/// <param name="linger">How long to gather before a write: under load it saves a thread switch an item.</param>
internal sealed class LineQueue<T>(
    string name, Stream sink, int capacity, TimeSpan linger,
    Action<T, IBufferWriter<byte>> format, Action<long, string> lost)
{
    private const int BatchBytes = 256 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<T> _items = Channel.CreateBounded<T>(
        new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ArrayBufferWriter<byte> _batch = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _line = new(4 * 1024);
    private readonly ManualResetEventSlim _stopping = new(initialState: false, spinCount: 0);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isStarted;
    private long _batchItems;

    /// <summary>Begins to write; called twice it does nothing more.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            new Thread(Run) { Name = name, IsBackground = true }.Start();
        }
    }

    /// <summary>Queues an item. Never blocks, never throws; false when it was lost.</summary>
    public bool TryAdd(T item)
    {
        if (_items.Writer.TryWrite(item))
        {
            return true;
        }

        lost(1, "queue_full");
        return false;
    }

    /// <summary>Takes nothing more, writes what waits and ends. Gives up, without an exception, when the caller does or
    /// after five seconds of real time: then nobody reads the stream any more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Start();
        _items.Writer.TryComplete();
        _stopping.Set();
        await _ended.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Run()
    {
        // A thread of its own: a full pipe blocks in write(2), and must not take a thread from the exchanges.
        while (_items.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            if (linger > TimeSpan.Zero)
            {
                _stopping.Wait(linger);
            }

            while (_items.Reader.TryRead(out var item))
            {
                Append(item);
                if (_batch.WrittenCount >= BatchBytes)
                {
                    WriteBatch();
                }
            }

            WriteBatch();
        }

        _ended.TrySetResult();
    }

    private void Append(T item)
    {
        _line.ResetWrittenCount();
        try
        {
            format(item, _line);
        }
        catch (Exception)
        {
            // Whatever made one item unwritable must not end the thread for all the others.
            lost(1, "sink_failed");
            return;
        }

        _batch.Write(_line.WrittenSpan);
        _batch.Write("\n"u8);
        _batchItems++;
    }

    private void WriteBatch()
    {
        if (_batchItems == 0)
        {
            return;
        }

        try
        {
            sink.Write(_batch.WrittenSpan);
            sink.Flush();
        }
        catch (Exception)
        {
            // A closed pipe or a full disk: the gateway's work goes on (R129).
            lost(_batchItems, "sink_failed");
        }

        _batch.ResetWrittenCount();
        _batchItems = 0;
    }
}
