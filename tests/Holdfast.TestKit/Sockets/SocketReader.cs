using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.TestKit.Sockets;

/// <summary>The bytes of one connection, read with a deadline; knows how the other side closed it.</summary>
internal sealed class SocketReader(Stream stream)
{
    private readonly ArrayBufferWriter<byte> _all = new();
    private int _taken;

    /// <summary>How the connection was closed; null while it is open.</summary>
    public ConnectionEnd? End { get; private set; }

    /// <summary>What has arrived and is not taken yet.</summary>
    public ReadOnlyMemory<byte> Arrived => _all.WrittenMemory[_taken..];

    public byte[] Take(int count)
    {
        var bytes = Arrived[..count].ToArray();
        _taken += count;
        if (_taken == _all.WrittenCount)
        {
            _all.ResetWrittenCount();
            _taken = 0;
        }

        return bytes;
    }

    /// <summary>Waits for more bytes. False at the connection's end.</summary>
    public async Task<bool> FillAsync()
    {
        if (End is not null)
        {
            return false;
        }

        try
        {
            var read = await stream.ReadAsync(_all.GetMemory(16 * 1024)).WithinTestTimeout();
            _all.Advance(read);
            End = read == 0 ? ConnectionEnd.Fin : null;
            return read > 0;
        }
        catch (Exception e) when (IsReset(e))
        {
            End = ConnectionEnd.Reset;
            return false;
        }
    }

    /// <summary>Takes everything up to and with this mark; null if the connection ends before it.</summary>
    public async Task<byte[]?> TakeThroughAsync(string mark)
    {
        var bytes = Encoding.ASCII.GetBytes(mark);
        while (true)
        {
            var at = Arrived.Span.IndexOf(bytes);
            if (at >= 0)
            {
                return Take(at + bytes.Length);
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    private static bool IsReset(Exception e) => e switch
    {
        SocketException s => s.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted
            or SocketError.Shutdown,
        IOException { InnerException: { } inner } => IsReset(inner),
        _ => false,
    };
}
