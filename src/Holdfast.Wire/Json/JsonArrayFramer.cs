namespace Holdfast.Wire.Json;

/// <summary>Finds where the elements of one JSON array end in a growing buffer of bytes. A frame is an element with the
/// bracket, comma and blanks before it; the closing bracket is a frame of its own, and so is whatever follows it.</summary>
public struct JsonArrayFramer
{
    private int _scanned;
    private int _depth;
    private bool _inString;
    private bool _escaped;
    private bool _isClosed;

    /// <summary>Length of the first frame of <paramref name="buffer"/>, or -1 while it is incomplete.
    /// After a frame was taken the buffer must start behind it.</summary>
    public int FindEnd(ReadOnlySpan<byte> buffer)
    {
        if (_isClosed)
        {
            return buffer.IsEmpty ? -1 : buffer.Length;
        }

        for (; _scanned < buffer.Length; _scanned++)
        {
            var c = buffer[_scanned];
            if (_inString)
            {
                _inString = _escaped || c != '"';
                _escaped = !_escaped && c == '\\';
                continue;
            }

            switch (c)
            {
                case (byte)'"':
                    _inString = true;
                    break;
                case (byte)'[' or (byte)'{':
                    _depth++;
                    break;
                case (byte)']' or (byte)'}':
                    _depth--;
                    if (_depth <= 1)
                    {
                        var length = _scanned + 1;
                        _scanned = 0;
                        _isClosed = _depth <= 0;
                        return length;
                    }

                    break;
            }
        }

        return -1;
    }
}
