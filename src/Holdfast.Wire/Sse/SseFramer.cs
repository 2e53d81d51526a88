namespace Holdfast.Wire.Sse;

/// <summary>
/// Finds where server-sent events end in a growing buffer of bytes. Knows line ends (CRLF, LF, lone CR) and empty
/// lines, nothing else. Remembers how far it has looked, so that every byte is looked at once.
/// </summary>
public struct SseFramer
{
    private const byte Lf = (byte)'\n';
    private const byte Cr = (byte)'\r';

    private int _scanned;
    private int _lineStart;
    private bool _afterCr;

    /// <summary>
    /// Length of the first frame of <paramref name="buffer"/>, its empty line included, or -1 while it is incomplete.
    /// A frame may be a lone empty line. After a frame was taken the buffer must start behind it.
    /// </summary>
    /// <remarks>A CR that is the last byte so far ends its line at once: a stream of lone CRs must not be held back.
    /// Should an LF follow the CR of an empty line, it comes out as a frame of its own, a harmless blank line.</remarks>
    public int FindEnd(ReadOnlySpan<byte> buffer)
    {
        while (_scanned < buffer.Length)
        {
            if (_afterCr)
            {
                _afterCr = false;
                if (buffer[_scanned] == Lf)
                {
                    _scanned++;
                    _lineStart = _scanned;
                    continue;
                }
            }

            var offset = buffer[_scanned..].IndexOfAny(Cr, Lf);
            if (offset < 0)
            {
                _scanned = buffer.Length;
                return -1;
            }

            var lineEnd = _scanned + offset;
            var isEmptyLine = lineEnd == _lineStart;
            var next = lineEnd + 1;
            if (buffer[lineEnd] == Cr)
            {
                if (next < buffer.Length && buffer[next] == Lf)
                {
                    next++;
                }
                else if (next == buffer.Length)
                {
                    _afterCr = !isEmptyLine;
                }
            }

            if (isEmptyLine)
            {
                _scanned = 0;
                _lineStart = 0;
                return next;
            }

            _scanned = next;
            _lineStart = next;
        }

        return -1;
    }
}
