using System.Net;
using System.Net.Sockets;
using Holdfast.Connections;
using Holdfast.TestKit;

namespace Holdfast.Tests.Hosting;

/// <summary>A vanished machine and a slow reader are told apart.</summary>
public sealed class HalfOpenClientsTests
{
    [Theory]
    [InlineData(3u, 121, 0u, true)]
    [InlineData(3u, 119, 0u, false)]
    [InlineData(0u, 900, 0u, false)]
    [InlineData(0u, 900, 65536u, false)]
    public void A_client_is_gone_when_bytes_of_ours_were_not_acknowledged_for_two_minutes(
        uint unacked, int seconds, uint unsent, bool isGone) =>
        Assert.Equal(isGone, HalfOpenClients.IsGone(new TcpInfo(unacked, TimeSpan.FromSeconds(seconds), unsent)));

    /// <summary>What re-attaching asks: sooner, and of a slow reader never.</summary>
    [Theory]
    [InlineData(1, 3u, 3, 0, true)]
    [InlineData(1, 3u, 2, 0, false)]
    [InlineData(1, 0u, 3, 0, false)]
    [InlineData(1, 0u, 0, 3, true)]
    [InlineData(1, 0u, 0, 2, false)]
    [InlineData(7, 0u, 0, 0, true)]
    [InlineData(8, 0u, 0, 0, true)]
    public void A_peer_is_lost_that_has_closed_or_leaves_the_kernel_unanswered(
        byte state, uint unacked, byte retransmissions, byte probes, bool isLost) =>
        Assert.Equal(isLost, new TcpInfo(unacked, TimeSpan.FromMinutes(1), 0, retransmissions, probes, state).IsLost(unanswered: 3));

    [Fact]
    public async Task The_kernel_says_what_a_peer_that_does_not_read_has_not_taken()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var peer = new TcpClient { ReceiveBufferSize = 4096 };
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndpoint).WithinTestTimeout();
        using var socket = await listener.AcceptSocketAsync().WithinTestTimeout();
        Assert.True(TcpInfo.HasSentAll(socket));

        socket.Blocking = false;
        while (socket.Send(new byte[65536], SocketFlags.None, out var error) > 0 && error == SocketError.Success)
        {
            // Until the windows of both sides are full.
        }

        Assert.False(TcpInfo.HasSentAll(socket));
        Assert.True(TcpInfo.Of(socket) is { UnsentBytes: > 0 });
        Assert.False(HalfOpenClients.IsGone(TcpInfo.Of(socket)!.Value));
    }

    [Fact]
    public void A_closed_socket_says_nothing()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Dispose();

        Assert.Null(TcpInfo.Of(socket));
    }
}
