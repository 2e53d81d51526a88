using System.Net.Sockets;
using Holdfast.Upstreams;

namespace Holdfast.Tests.Upstreams;

public sealed class SocketSettingsTests
{
    [Fact]
    public void A_path_that_dies_without_a_sign_is_found_within_thirty_seconds()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        SocketSettings.ApplyTo(socket);

        var idle = Number(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime);
        var interval = Number(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval);
        var probes = Number(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount);
        var userTimeout = new byte[4];
        socket.GetRawSocketOption(6, 18, userTimeout);
        Assert.True(socket.NoDelay);
        Assert.Equal(1, Number(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(30, idle + (interval * probes));
        Assert.Equal(30_000, BitConverter.ToInt32(userTimeout));
    }

    private static int Number(Socket socket, SocketOptionLevel level, SocketOptionName name) =>
        (int)socket.GetSocketOption(level, name)!;
}
