using Holdfast.Wire.Bytes;

namespace Holdfast.Journal;

/// <summary>Bytes in pooled parts: added at the end, read from any place, dropped from the start. Not thread-safe.</summary>
internal sealed class TurnBytes
{
    /// <summary>Small at first: most of ten thousand waiting turns have said little.</summary>
    private const int SmallestPart = 1024;
    private const int LargestPart = 64 * 1024;

    private List<Part>? _list;
    private int _used;

    /// <summary>Where the first byte that is still there stands.</summary>
    public long Start => Parts.Count == 0 ? End : Parts[0].Start;

    /// <summary>How many bytes were added in all.</summary>
    public long End { get; private set; }

    /// <summary>How much memory they take.</summary>
    public long Held { get; private set; }

    /// <summary>How much more memory it takes to add so many bytes, at most.</summary>
    public int CostOf(int count) => count <= Room ? 0 : Math.Max(NextSize, count) + LargestPart;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Room == 0)
            {
                var part = new Part(BufferPool.Rent(NextSize), End);
                Parts.Add(part);
                _used = 0;
                Held += part.Buffer.Length;
            }

            var count = Math.Min(Room, bytes.Length);
            bytes[..count].CopyTo(Parts[^1].Buffer.AsSpan(_used));
            _used += count;
            End += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Copies bytes that are still there; how many.</summary>
    public int CopyTo(long position, Span<byte> target)
    {
        var copied = 0;
        for (var i = PartAt(position); i < Parts.Count && copied < target.Length; i++)
        {
            var part = Parts[i];
            var end = i + 1 < Parts.Count ? Parts[i + 1].Start : End;
            var bytes = part.Buffer.AsSpan((int)(position - part.Start), (int)(end - position));
            var count = Math.Min(bytes.Length, target.Length - copied);
            bytes[..count].CopyTo(target[copied..]);
            copied += count;
            position += count;
        }

        return copied;
    }

    /// <summary>Gives back the parts that hold nothing from this place on.</summary>
    public void DropBefore(long position)
    {
        while (Parts.Count > 1 && Parts[1].Start <= position)
        {
            Return(Parts[0]);
            Parts.RemoveAt(0);
        }
    }

    /// <summary>Gives everything back, and begins anew.</summary>
    public void Clear()
    {
        Parts.ForEach(Return);
        Parts.Clear();
        (_used, End) = (0, 0);
    }

    private List<Part> Parts => _list ??= [];

    private int Room => Parts.Count == 0 ? 0 : Parts[^1].Buffer.Length - _used;

    private int NextSize => (int)Math.Clamp(Held, SmallestPart, LargestPart);

    private int PartAt(long position)
    {
        var (low, high) = (0, Parts.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Parts[middle].Start <= position ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private void Return(Part part)
    {
        Held -= part.Buffer.Length;
        BufferPool.Return(part.Buffer);
    }

    private readonly record struct Part(byte[] Buffer, long Start);
}
