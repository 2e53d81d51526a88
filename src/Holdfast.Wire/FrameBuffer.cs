using Holdfast.Wire.Bytes;
using Holdfast.Wire.Json;
using Holdfast.Wire.Sse;

namespace Holdfast.Wire;

/// <summary>Holds the bytes of a stream until they make whole frames. Rents memory only while it holds some: an idle
/// stream costs none.</summary>
public sealed class FrameBuffer(StreamFraming framing) : IDisposable
{
    /// <summary>Largest single event: images inside tool calls reach tens of megabytes; beyond this it is garbage.</summary>
    public const int LargestFrame = 64 * 1024 * 1024;

    private const int FirstSize = 16 * 1024;

    private SseFramer _events;
    private JsonArrayFramer _elements;
    private byte[]? _buffer;
    private int _start;
    private int _end;

    /// <summary>Whether it holds no byte.</summary>
    public bool IsEmpty => _start == _end;

    /// <summary>Whether a frame has grown beyond every bound.</summary>
    public bool IsOverfull => _end - _start > LargestFrame;

    /// <summary>The bytes that do not make a frame yet.</summary>
    public ReadOnlySpan<byte> Rest => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Room to read into.</summary>
    public Memory<byte> GetMemory()
    {
        _buffer ??= BufferPool.Rent(FirstSize);
        if (_end == _buffer.Length)
        {
            Compact();
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>Notes that <paramref name="count"/> bytes were read.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>Takes the next whole frame; valid until the next call that gets memory.</summary>
    public bool TryTake(out ReadOnlySpan<byte> frame)
    {
        var length = framing == StreamFraming.JsonArray ? _elements.FindEnd(Rest) : _events.FindEnd(Rest);
        if (length < 0)
        {
            frame = default;
            return false;
        }

        frame = _buffer.AsSpan(_start, length);
        _start += length;
        return true;
    }

    /// <summary>Takes what is left, whole or not.</summary>
    public ReadOnlySpan<byte> TakeRest()
    {
        var rest = Rest;
        _start = _end;
        return rest;
    }

    /// <summary>Gives the memory back if it holds nothing.</summary>
    public void ReleaseIfEmpty()
    {
        if (IsEmpty)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            BufferPool.Return(buffer);
        }

        _buffer = null;
        _start = _end = 0;
    }

    private void Compact()
    {
        var held = Rest;
        if (held.Length > _buffer!.Length / 2)
        {
            var larger = BufferPool.Rent(_buffer.Length * 2);
            held.CopyTo(larger);
            BufferPool.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            held.CopyTo(_buffer);
        }

        _end -= _start;
        _start = 0;
    }
}
