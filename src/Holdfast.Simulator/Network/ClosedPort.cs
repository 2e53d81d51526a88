using System.Net;
using System.Net.Sockets;

namespace Holdfast.Simulator.Network;

/// <summary>A port that refuses every connection: bound, so that nobody else gets it, but not listening.</summary>
public sealed class ClosedPort : IDisposable
{
    private readonly Socket _socket;

    private ClosedPort()
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Endpoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    /// <summary>The address that refuses.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The address as a base URL.</summary>
    public Uri BaseUrl => new($"http://{Endpoint}");

    /// <summary>Takes a free port of 127.0.0.1.</summary>
    public static ClosedPort Reserve() => new();

    /// <summary>Gives the port free, for example for an upstream that comes up late.</summary>
    public void Dispose() => _socket.Dispose();
}
