using Holdfast.Wire.Bytes;

namespace Holdfast.Recording.Segments;

/// <summary>Lines that wait to be written, whole, in blocks of memory. Adding copies a line under a lock that is never held
/// while anything is written. Owns the blocks until they are given back. Safe for any thread.</summary>
/// <param name="maxBytes">How much may wait at first, that which was taken and not given back included.</param>
internal sealed class LineBlocks(long maxBytes)
{
    private const int UsualBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private List<LineBlock> _filling = [];
    private long _bytes;
    private long _lines;

    /// <summary>How much may wait.</summary>
    public long MaxBytes { get; set; } = maxBytes;

    /// <summary>How many lines wait, and their bytes.</summary>
    public (long Lines, long Bytes) Waiting => (Interlocked.Read(ref _lines), Interlocked.Read(ref _bytes));

    /// <summary>Adds a line, without its end; false where there is no room.</summary>
    /// <param name="line">The line.</param>
    /// <param name="isFirst">Whether nothing waited to be taken before it.</param>
    public bool TryAdd(ReadOnlySpan<byte> line, out bool isFirst)
    {
        var needed = line.Length + 1;
        lock (_gate)
        {
            isFirst = _filling.Count == 0;
            if (_bytes + needed > MaxBytes)
            {
                return false;
            }

            if (isFirst || _filling[^1].Room < needed)
            {
                _filling.Add(new LineBlock(BufferPool.Rent(Math.Max(needed, UsualBytes))));
            }

            _filling[^1].Add(line);
            Interlocked.Add(ref _bytes, needed);
            Interlocked.Increment(ref _lines);
            return true;
        }
    }

    /// <summary>Moves what waits behind <paramref name="taken"/>, in its order.</summary>
    public void TakeAll(Queue<LineBlock> taken)
    {
        List<LineBlock> blocks;
        lock (_gate)
        {
            if (_filling.Count == 0)
            {
                return;
            }

            (blocks, _filling) = (_filling, []);
        }

        foreach (var block in blocks)
        {
            taken.Enqueue(block);
        }
    }

    /// <summary>A block is done with: its lines wait no longer.</summary>
    public void Return(LineBlock block)
    {
        Interlocked.Add(ref _bytes, -block.Bytes.Length);
        Interlocked.Add(ref _lines, -block.Lines);
        BufferPool.Return(block.Rented);
    }
}

/// <summary>Whole lines, one behind the other.</summary>
/// <param name="rented">The memory they stand in.</param>
internal sealed class LineBlock(byte[] rented)
{
    private int _used;

    public byte[] Rented => rented;

    /// <summary>How many lines it holds.</summary>
    public int Lines { get; private set; }

    /// <summary>The lines, each with its end.</summary>
    public ReadOnlySpan<byte> Bytes => rented.AsSpan(0, _used);

    /// <summary>How many bytes it still takes.</summary>
    public int Room => rented.Length - _used;

    public void Add(ReadOnlySpan<byte> line)
    {
        line.CopyTo(rented.AsSpan(_used));
        _used += line.Length;
        rented[_used++] = (byte)'\n';
        Lines++;
    }
}
