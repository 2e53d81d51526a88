using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Connections;

/// <summary>How reading a request went.</summary>
internal enum ReadOutcome
{
    Request,

    /// <summary>The client ended the connection.</summary>
    End,

    /// <summary>Not HTTP/1.</summary>
    Broken,
    HeadTooLarge,
    BodyTooLarge,
}

/// <summary>
/// Reads requests off one connection into one pooled buffer, and tells when the client is gone. One reader at a time;
/// between <see cref="Watch"/> and the next read the buffer is the watch's alone.
/// </summary>
internal sealed class RequestReader(Stream stream, IncomingRequest request, Action<ClientEnd> clientGone) : IDisposable
{
    private const int SmallBuffer = 4096;
    private const int MaxHead = 256 * 1024;
    private const int MaxBody = 64 * 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _end;
    private int _consumed;
    private Task<int>? _pending;

    public bool HasBufferedBytes => _end > 0;

    /// <summary>Reads the next request up to its body.</summary>
    public async ValueTask<ReadOutcome> ReadHeadAsync()
    {
        var headEnd = await FindHeadEndAsync();
        return headEnd switch
        {
            0 => ReadOutcome.End,
            TooLarge => ReadOutcome.HeadTooLarge,
            NotHttp => ReadOutcome.Broken,
            _ => request.TryParse(_buffer.AsMemory(0, headEnd)) ? ReadOutcome.Request : ReadOutcome.Broken,
        };
    }

    /// <summary>Reads the rest of the request.</summary>
    /// <param name="sendContinue">Called when the client waits for <c>100 Continue</c>.</param>
    public async ValueTask<ReadOutcome> ReadBodyAsync(Func<ValueTask> sendContinue)
    {
        var headEnd = request.Head.Length;
        if (request.ExpectsContinue && _end == headEnd)
        {
            await sendContinue();
        }

        return request.IsChunked
            ? await ReadChunkedBodyAsync(headEnd)
            : await ReadSizedBodyAsync(headEnd, request.ContentLength ?? 0);
    }

    /// <summary>Gives the request's memory back; bytes that follow it stay.</summary>
    public void Consume()
    {
        var rest = _end - _consumed;
        if (_buffer.Length > 4 * SmallBuffer && rest <= SmallBuffer)
        {
            var small = ArrayPool<byte>.Shared.Rent(SmallBuffer);
            _buffer.AsSpan(_consumed, rest).CopyTo(small);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = small;
        }
        else if (rest > 0)
        {
            _buffer.AsSpan(_consumed, rest).CopyTo(_buffer);
        }

        (_end, _consumed) = (rest, 0);
    }

    /// <summary>Starts one read ahead, so that the client's leaving shows while an answer is under way.</summary>
    public Task Watch()
    {
        if (_pending is null && _end < _buffer.Length)
        {
            _pending = ReadSomeAsync().AsTask();
        }

        return _pending ?? Task.CompletedTask;
    }

    /// <summary>Reads until the client has nothing more to say.</summary>
    public async Task DrainAsync()
    {
        do
        {
            _end = 0;
        }
        while (await FillAsync());
    }

    /// <summary>Gives the buffer back. Only when no read is under way.</summary>
    public void Dispose()
    {
        if (_pending is null or { IsCompleted: true })
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private const int TooLarge = -2;
    private const int NotHttp = -1;

    /// <summary>The length of the head, 0 at the end of the connection, or what is wrong.</summary>
    private async ValueTask<int> FindHeadEndAsync()
    {
        while (true)
        {
            if (_end > 0)
            {
                // A TLS hello or other garbage never ends in a blank line: look at its first byte.
                if (!char.IsAsciiLetterUpper((char)_buffer[0]))
                {
                    return NotHttp;
                }

                var end = _buffer.AsSpan(0, _end).IndexOf("\r\n\r\n"u8);
                if (end >= 0)
                {
                    return end + 4;
                }

                if (_end > MaxHead)
                {
                    return TooLarge;
                }
            }

            if (!await FillAsync())
            {
                return 0;
            }
        }
    }

    private async ValueTask<ReadOutcome> ReadSizedBodyAsync(int start, long length)
    {
        if (length > MaxBody)
        {
            return ReadOutcome.BodyTooLarge;
        }

        var end = start + (int)length;
        while (_end < end)
        {
            // The watch is over here, so the buffer may be replaced.
            if (_pending is null && _buffer.Length < end)
            {
                Grow(end);
            }

            if (!await FillAsync())
            {
                return ReadOutcome.End;
            }
        }

        SetBody(start, end, end);
        return ReadOutcome.Request;
    }

    private async ValueTask<ReadOutcome> ReadChunkedBodyAsync(int start)
    {
        var read = start;
        var write = start;
        while (true)
        {
            var line = await ReadLineAsync(read);
            if (line < 0 || !TryParseSize(_buffer.AsSpan(read, line), out var size))
            {
                return line < 0 ? ReadOutcome.End : ReadOutcome.Broken;
            }

            read += line + 2;
            if (size == 0)
            {
                return await ReadTrailersAsync(start, read, write);
            }

            if (write - start + (long)size > MaxBody)
            {
                return ReadOutcome.BodyTooLarge;
            }

            while (_end - read < size + 2)
            {
                if (!await FillAsync())
                {
                    return ReadOutcome.End;
                }
            }

            // The chunk moves down to its place behind the ones before it, and what follows moves with it.
            _buffer.AsSpan(read, size).CopyTo(_buffer.AsSpan(write));
            write += size;
            read += size + 2;
            _buffer.AsSpan(read, _end - read).CopyTo(_buffer.AsSpan(write));
            (_end, read) = (_end - (read - write), write);
        }
    }

    private async ValueTask<ReadOutcome> ReadTrailersAsync(int start, int read, int write)
    {
        while (true)
        {
            var line = await ReadLineAsync(read);
            if (line < 0)
            {
                return ReadOutcome.End;
            }

            read += line + 2;
            if (line == 0)
            {
                SetBody(start, write, read);
                return ReadOutcome.Request;
            }
        }
    }

    /// <summary>The length of the line that begins at <paramref name="start"/>, or -1 when there is none.</summary>
    private async ValueTask<int> ReadLineAsync(int start)
    {
        while (true)
        {
            var end = _buffer.AsSpan(start, _end - start).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                return end;
            }

            if (_end - start > SmallBuffer || !await FillAsync())
            {
                return -1;
            }
        }
    }

    private void SetBody(int start, int end, int consumed)
    {
        // The buffer may have been replaced since the head was parsed.
        request.SetMemory(_buffer, start, end);
        _consumed = consumed;
    }

    private async ValueTask<bool> FillAsync()
    {
        int read;
        if (_pending is { } pending)
        {
            read = await pending;
            _pending = null;
        }
        else
        {
            if (_end == _buffer.Length)
            {
                Grow(_buffer.Length * 2);
            }

            read = await ReadSomeAsync();
        }

        _end += read;
        return read > 0;
    }

    /// <summary>Never throws: 0 means that the client is gone.</summary>
    private async ValueTask<int> ReadSomeAsync()
    {
        try
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end));
            if (read == 0)
            {
                clientGone(ClientEnd.Closed);
            }

            return read;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            clientGone(ClientEnd.Reset);
            return 0;
        }
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static bool TryParseSize(ReadOnlySpan<byte> line, out int size)
    {
        var extension = line.IndexOf((byte)';');
        var digits = (extension < 0 ? line : line[..extension]).Trim((byte)' ');
        return int.TryParse(Encoding.ASCII.GetString(digits), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out size) && size >= 0;
    }
}
