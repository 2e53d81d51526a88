using System.Buffers;

namespace Holdfast.Proxy;

/// <summary>Bytes in pooled segments of at most 64 KB: grows without copying, never lands on the large object heap.
/// Owned by one exchange; not thread-safe.</summary>
internal sealed class PooledBytes : IDisposable
{
    private const int SegmentSize = 64 * 1024;

    private readonly int _firstSize;
    private Segment? _first;
    private Segment? _last;

    /// <param name="expectedLength">How many bytes will probably come; 0 when unknown.</param>
    public PooledBytes(long expectedLength = 0) =>
        _firstSize = expectedLength is > 0 and < SegmentSize ? (int)expectedLength : SegmentSize / 16;

    /// <summary>How many bytes are in it.</summary>
    public long Length { get; private set; }

    /// <summary>The bytes; valid until the next change.</summary>
    public ReadOnlySequence<byte> Bytes => _first is null
        ? ReadOnlySequence<byte>.Empty
        : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Used);

    /// <summary>Room to write into, at least one byte.</summary>
    public Memory<byte> GetMemory()
    {
        if (_last is null || _last.Used == _last.Buffer.Length)
        {
            var segment = new Segment(_last, ArrayPool<byte>.Shared.Rent(_last is null ? _firstSize : SegmentSize));
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

    /// <summary>Gives the memory back; the bytes are gone.</summary>
    public void Dispose()
    {
        for (var segment = _first; segment is not null; segment = (Segment?)segment.Next)
        {
            ArrayPool<byte>.Shared.Return(segment.Buffer);
        }

        _first = _last = null;
        Length = 0;
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
