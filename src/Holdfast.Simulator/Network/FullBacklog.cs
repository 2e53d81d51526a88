using System.Net;
using System.Net.Sockets;

namespace Holdfast.Simulator.Network;

/// <summary>
/// A listener that accepts nothing and whose queue is full: the kernel drops every further SYN, as a firewall
/// that swallows packets does. A connect to it hangs until its own timeout. Linux only.
/// </summary>
public sealed class FullBacklog : IDisposable
{
    private readonly List<Socket> _sockets = [];

    private FullBacklog(Socket listener)
    {
        _sockets.Add(listener);
        Endpoint = (IPEndPoint)listener.LocalEndPoint!;
    }

    /// <summary>The address that does not answer.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The address as a base URL.</summary>
    public Uri BaseUrl => new($"http://{Endpoint}");

    /// <summary>Listens and fills the queue itself.</summary>
    public static async Task<FullBacklog> StartAsync()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var full = new FullBacklog(listener);
        while (await full.FillOneAsync())
        {
            // One more place was free.
        }

        return full;
    }

    /// <inheritdoc />
    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    private async Task<bool> FillOneAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        try
        {
            await socket.ConnectAsync(Endpoint, patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
