using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Simulator.Connections;

/// <summary>The ways a socket is ended on purpose.</summary>
internal static class SocketEnds
{
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int UnackedOffset = 24;
    private const int NotSentOffset = 144;

    /// <summary>RST. What was written before is first given to the peer: a reset must not overtake it.</summary>
    public static async Task ResetAsync(Socket socket)
    {
        // The kernel's time, whatever clock the script goes by.
        for (var i = 0; i < 200 && HasUnacknowledgedBytes(socket); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Reset(socket);
    }

    /// <summary>RST, whatever is still unsent.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close(0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster; the connection is gone either way.
        }
    }

    /// <summary>FIN; the peer may go on sending.</summary>
    public static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private static bool HasUnacknowledgedBytes(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> info = stackalloc byte[256];
        try
        {
            var length = socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return length >= UnackedOffset + 4
                && (BinaryPrimitives.ReadUInt32LittleEndian(info[UnackedOffset..]) > 0
                    || (length >= NotSentOffset + 4
                        && BinaryPrimitives.ReadUInt32LittleEndian(info[NotSentOffset..]) > 0));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
