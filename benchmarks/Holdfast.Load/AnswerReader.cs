using System.Buffers.Text;
using System.Text;

namespace Holdfast.Load;

/// <summary>
/// Reads one HTTP/1.1 answer as its bytes arrive: the status, the framing, how many events passed and whether the last
/// one was the terminal event. Owns no socket and no clock; knows no more of HTTP than content-length and chunked.
/// </summary>
internal sealed class AnswerReader
{
    private const int MaxHead = 8 * 1024;
    private const int TailLength = 64;
    private readonly byte[] _head = new byte[MaxHead];
    private readonly byte[] _tail = new byte[TailLength];
    private State _state;
    private int _headLength;
    private int _tailLength;
    private long _left;
    private bool _isStream;

    private enum State { Head, Length, ChunkSize, ChunkData, ChunkEnd, Trailer, Done }

    public int Status { get; private set; }

    public int Events { get; private set; }

    public bool ClosesConnection { get; private set; }

    public bool HasEnded => _state == State.Done;

    /// <summary>The framing ended as announced, and a stream ended with its terminal event.</summary>
    public bool IsWhole => HasEnded && Status == 200
        && (!_isStream || _tail.AsSpan(0, _tailLength).IndexOf("\"message_stop\""u8) >= 0);

    public void Reset()
    {
        _state = State.Head;
        _headLength = _tailLength = Status = Events = 0;
        _left = 0;
        _isStream = ClosesConnection = false;
    }

    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _state != State.Done)
        {
            bytes = _state switch
            {
                State.Head => ReadHead(bytes),
                State.Length or State.ChunkData => ReadBody(bytes),
                _ => ReadLine(bytes),
            };
        }
    }

    private ReadOnlySpan<byte> ReadHead(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, MaxHead - _headLength);
        bytes[..taken].CopyTo(_head.AsSpan(_headLength));
        var before = _headLength;
        _headLength += taken;
        var end = _head.AsSpan(0, _headLength).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return _headLength < MaxHead ? [] : throw new InvalidDataException("The head of an answer is too long.");
        }

        ParseHead(Encoding.ASCII.GetString(_head, 0, end).ToLowerInvariant());
        _headLength = 0;
        return bytes[(end + 4 - before)..];
    }

    private void ParseHead(string head)
    {
        Status = int.Parse(head.AsSpan(9, 3));
        _isStream = head.Contains("\r\ncontent-type: text/event-stream", StringComparison.Ordinal);
        ClosesConnection = head.Contains("\r\nconnection: close", StringComparison.Ordinal);
        const string length = "\r\ncontent-length: ";
        if (head.Contains("\r\ntransfer-encoding: chunked", StringComparison.Ordinal))
        {
            _state = State.ChunkSize;
        }
        else if (head.IndexOf(length, StringComparison.Ordinal) is >= 0 and var at)
        {
            _left = long.Parse(head.AsSpan(at + length.Length).Slice(0, EndOfLine(head.AsSpan(at + length.Length))));
            _state = _left == 0 ? State.Done : State.Length;
        }
        else
        {
            throw new InvalidDataException("An answer has neither content-length nor chunked framing.");
        }
    }

    private static int EndOfLine(ReadOnlySpan<char> text) => text.IndexOf('\r') is >= 0 and var end ? end : text.Length;

    private ReadOnlySpan<byte> ReadBody(ReadOnlySpan<byte> bytes)
    {
        var taken = (int)Math.Min(_left, bytes.Length);
        CountEvents(bytes[..taken]);
        _left -= taken;
        if (_left == 0)
        {
            _state = _state == State.Length ? State.Done : State.ChunkEnd;
        }

        return bytes[taken..];
    }

    private void CountEvents(ReadOnlySpan<byte> body)
    {
        if (_tailLength > 0 && _tail[_tailLength - 1] == '\n' && body[0] == '\n')
        {
            Events++;
        }

        Events += body.Count("\n\n"u8);
        KeepTail(body);
    }

    private void KeepTail(ReadOnlySpan<byte> body)
    {
        var added = body.Length > TailLength ? body[^TailLength..] : body;
        var kept = Math.Min(_tailLength, TailLength - added.Length);
        _tail.AsSpan(_tailLength - kept, kept).CopyTo(_tail);
        added.CopyTo(_tail.AsSpan(kept));
        _tailLength = kept + added.Length;
    }

    /// <summary>Collects a line of the chunked framing, which may arrive in pieces.</summary>
    private ReadOnlySpan<byte> ReadLine(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var taken = end < 0 ? bytes.Length : end + 1;
        bytes[..taken].CopyTo(_head.AsSpan(_headLength));
        _headLength += taken;
        if (end >= 0)
        {
            EndLine(_head.AsSpan(0, _headLength).TrimEnd("\r\n"u8));
            _headLength = 0;
        }

        return bytes[taken..];
    }

    private void EndLine(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.ChunkSize when Utf8Parser.TryParse(line, out long size, out _, 'x'):
                _left = size;
                _state = size == 0 ? State.Trailer : State.ChunkData;
                break;
            case State.ChunkEnd when line.IsEmpty:
                _state = State.ChunkSize;
                break;
            case State.Trailer:
                _state = line.IsEmpty ? State.Done : State.Trailer;
                break;
            default:
                throw new InvalidDataException("The chunked framing of an answer is broken.");
        }
    }
}
