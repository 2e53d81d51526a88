using System.Buffers;

namespace Holdfast.Wire.Bytes;

/// <summary>
/// Bytes in pooled segments of at most 64 KB: grows without copying, never lands on the large object heap. One owner fills
/// and empties it; whoever else reads the bytes, in its own time and on its own thread, takes a lease first. The memory goes
/// back to the pool when the owner and all leases have let it go. Filling it is for the owner alone, before the first lease.
/// </summary>
public sealed class PooledBytes : IDisposable
{
    private const int SegmentSize = 64 * 1024;

    private readonly int _firstSize;
    private Segment? _first;
    private Segment? _last;
    private int _leases = 1; // The owner's.
    private volatile bool _isLetGo;

    /// <param name="expectedLength">How many bytes will probably come; 0 when unknown.</param>
    public PooledBytes(long expectedLength = 0) =>
        _firstSize = expectedLength is > 0 and < SegmentSize ? (int)expectedLength : SegmentSize / 16;

    /// <summary>How many bytes are in it; none once the owner has let them go.</summary>
    public long Length { get; private set; }

    /// <summary>The bytes, for the owner and while a lease is taken: valid until the next change; none once the owner has let
    /// them go. What a lease found here before that stays valid until the lease ends.</summary>
    public ReadOnlySequence<byte> Bytes => _first is null || _isLetGo
        ? ReadOnlySequence<byte>.Empty
        : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Used);

    /// <summary>Whether the owner has let the bytes go.</summary>
    public bool IsLetGo => _isLetGo;

    /// <summary>Room to write into, at least one byte.</summary>
    public Memory<byte> GetMemory()
    {
        ObjectDisposedException.ThrowIf(_isLetGo, this);
        if (_last is null || _last.Used == _last.Buffer.Length)
        {
            var segment = new Segment(_last, BufferPool.Rent(_last is null ? _firstSize : SegmentSize));
            _first ??= segment;
            _last = segment;
        }

        return _last.Buffer.AsMemory(_last.Used);
    }

    /// <summary>Notes that <paramref name="count"/> bytes were written into the last <see cref="GetMemory"/>.</summary>
    public void Advance(int count)
    {
        _last!.Use(count);
        Length += count;
    }

    /// <summary>Appends a copy of the bytes.</summary>
    public void Append(in ReadOnlySequence<byte> bytes)
    {
        foreach (var part in bytes)
        {
            var rest = part.Span;
            while (!rest.IsEmpty)
            {
                var room = GetMemory().Span;
                var count = Math.Min(room.Length, rest.Length);
                rest[..count].CopyTo(room);
                Advance(count);
                rest = rest[count..];
            }
        }
    }

    /// <summary>Keeps the memory from going back until <see cref="EndLease"/> is called, once for each lease. False where it
    /// has gone back: then nothing of it may be read. Safe for any thread.</summary>
    public bool TryLease()
    {
        for (var leases = Volatile.Read(ref _leases); leases > 0;)
        {
            var found = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (found == leases)
            {
                return true;
            }

            leases = found;
        }

        return false;
    }

    /// <summary>A lease is over; the last one gives the memory back. Safe for any thread.</summary>
    public void EndLease()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            for (var segment = _first; segment is not null; segment = (Segment?)segment.Next)
            {
                BufferPool.Return(segment.Buffer);
            }

            _first = _last = null;
        }
    }

    /// <summary>The owner needs the bytes no more; once is enough, and more do no harm.</summary>
    public void Dispose()
    {
        if (!_isLetGo)
        {
            _isLetGo = true;
            Length = 0;
            EndLease();
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(Segment? previous, byte[] buffer)
        {
            Buffer = buffer;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Used;
                previous.Next = this;
            }
        }

        public byte[] Buffer { get; }

        public int Used { get; private set; }

        public void Use(int count)
        {
            Used += count;
            Memory = Buffer.AsMemory(0, Used);
        }
    }
}
