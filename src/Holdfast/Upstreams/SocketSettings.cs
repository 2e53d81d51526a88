using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Upstreams;

/// <summary>The options of every socket towards an upstream: no delay, and a path that dies without a sign is noticed
/// although the upstream may rightly be silent for minutes.</summary>
internal static class SocketSettings
{
    private const int TcpLevel = 6;
    private const int UserTimeoutOption = 18; // TCP_USER_TIMEOUT of Linux.
    private const int UserTimeoutMilliseconds = 30_000;

    /// <summary>Set after the connect: the user timeout would end a slow one before <c>timeouts.connect</c>.</summary>
    public static void ApplyTo(Socket socket)
    {
        socket.NoDelay = true;

        // Probes after 15 s, every 5 s, three of them: a silent path is dead after 30 s.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);

        // Probes are not sent while our own bytes are unacknowledged: this bounds that case.
        if (OperatingSystem.IsLinux())
        {
            Span<byte> milliseconds = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(milliseconds, UserTimeoutMilliseconds);
            socket.SetRawSocketOption(TcpLevel, UserTimeoutOption, milliseconds);
        }
    }
}
