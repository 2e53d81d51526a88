using System.Text;
using Holdfast.Recording.Segments;
using Holdfast.TestKit;

namespace Holdfast.Tests.Recording;

/// <summary>Segments in memory, on a disk that can be full or stuck.</summary>
internal sealed class FakeFolder : ISegmentFolder
{
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _isFree = new(initialState: true, spinCount: 0);
    private long _room = long.MaxValue;

    public List<FakeSegment> Segments { get; } = [];

    /// <summary>How many bytes still fit.</summary>
    public long Room { get => Interlocked.Read(ref _room); set => Interlocked.Exchange(ref _room, value); }

    /// <summary>Whether a write does not return until this is false again.</summary>
    public bool IsStuck
    {
        get => !_isFree.IsSet;
        set
        {
            if (value)
            {
                _isFree.Reset();
            }
            else
            {
                _isFree.Set();
            }
        }
    }

    /// <summary>Whether nothing can be forced onto the disk.</summary>
    public bool FailsToFlush { get; set; }

    /// <summary>Done when something was forced onto the disk.</summary>
    public Task Flushed => _flushed.Task;

    /// <summary>Done when something was refused.</summary>
    public Task Refused => _refused.Task;

    /// <summary>Done when somebody wants to write.</summary>
    public Task Reached => _reached.Task;

    public ISegmentFile Create(string family, DateTimeOffset begunAt)
    {
        var segment = new FakeSegment(this, $"{family}-{Segments.Count}");
        lock (_gate)
        {
            Segments.Add(segment);
        }

        return segment;
    }

    public IReadOnlyList<string> Lines()
    {
        lock (_gate)
        {
            return [.. Segments.SelectMany(segment => segment.Lines())];
        }
    }

    public Task WaitForLinesAsync(int count) => Wait.UntilAsync(() => Lines().Count >= count);

    public Task WaitForClosedAsync(int count) => Wait.UntilAsync(() => Segments.Count(segment => segment.IsClosed) >= count);

    internal sealed class FakeSegment(FakeFolder folder, string name) : ISegmentFile
    {
        private readonly MemoryStream _bytes = new();

        public string Name => name;

        public bool Exists { get; set; } = true;

        public bool IsClosed { get; private set; }

        public IReadOnlyList<string> Lines()
        {
            lock (_bytes)
            {
                return Encoding.UTF8.GetString(_bytes.ToArray()).Split('\n')[..^1];
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            folder._reached.TrySetResult();
            folder._isFree.Wait();
            var room = folder.Room;
            lock (_bytes)
            {
                _bytes.Position = offset;
                _bytes.Write(bytes[..(int)Math.Min(bytes.Length, room)]);
            }

            if (bytes.Length > room)
            {
                folder._refused.TrySetResult();
                throw new IOException("No space left on device");
            }
        }

        public void Flush()
        {
            if (folder.FailsToFlush)
            {
                folder._refused.TrySetResult();
                throw new IOException("Input/output error");
            }

            folder._flushed.TrySetResult();
        }

        public void Dispose() => IsClosed = true;
    }
}
