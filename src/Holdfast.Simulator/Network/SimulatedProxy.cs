using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Simulator.Connections;

namespace Holdfast.Simulator.Network;

/// <summary>A corporate proxy on loopback: CONNECT for TLS, absolute targets for HTTP, Basic auth if asked.</summary>
public sealed class SimulatedProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _disposed = new();
    private readonly string? _credential;
    private readonly Task _accepting;
    private int _tunnels;
    private int _forwarded;
    private int _refused;

    private SimulatedProxy(string? user, string? password)
    {
        _credential = user is null
            ? null
            : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The address as a proxy URL, without credentials.</summary>
    public Uri Url => new($"http://{Endpoint}");

    /// <summary>Tunnels opened by CONNECT.</summary>
    public int TunnelCount => Volatile.Read(ref _tunnels);

    /// <summary>Connections forwarded for a request with an absolute target.</summary>
    public int ForwardCount => Volatile.Read(ref _forwarded);

    /// <summary>Requests answered 407.</summary>
    public int RefusedCount => Volatile.Read(ref _refused);

    /// <summary>Listens; with a user it demands Basic auth.</summary>
    public static SimulatedProxy Start(string? user = null, string? password = null) => new(user, password);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptAsync(_disposed.Token));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Disposed, or the client left before it was accepted.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var owned = client;
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            while (await ReadHeadAsync(client) is { } head)
            {
                if (IsAllowed(head))
                {
                    await RelayAsync(client, server, head);
                    return;
                }

                Interlocked.Increment(ref _refused);
                await SendAsync(client, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                    + "proxy-authenticate: Basic realm=\"simulator\"\r\ncontent-length: 0\r\n\r\n");
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Either side left.
        }
    }

    private bool IsAllowed(string head) => _credential is null
        || head.Contains($"proxy-authorization: {_credential}\r\n", StringComparison.OrdinalIgnoreCase);

    private async Task RelayAsync(Socket client, Socket server, string head)
    {
        var line = head[..head.IndexOf("\r\n", StringComparison.Ordinal)].Split(' ');
        if (line[0] == "CONNECT")
        {
            var authority = new Uri("http://" + line[1]);
            await server.ConnectAsync(authority.Host, authority.Port, _disposed.Token);
            Interlocked.Increment(ref _tunnels);
            await SendAsync(client, "HTTP/1.1 200 Connection Established\r\n\r\n");
        }
        else
        {
            // The connection then belongs to this origin: clients pool proxied connections by target.
            var target = new Uri(line[1]);
            await server.ConnectAsync(target.Host, target.Port, _disposed.Token);
            Interlocked.Increment(ref _forwarded);
            var rest = head[(head.IndexOf("\r\n", StringComparison.Ordinal) + 2)..];
            await SendAsync(server, $"{line[0]} {target.PathAndQuery} {line[2]}\r\n{rest}");
        }

        await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client));
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer, _disposed.Token)) > 0)
        {
            await SendAsync(to, buffer.AsMemory(0, read));
        }

        SocketEnds.Finish(to);
    }

    /// <summary>The head byte for byte as Latin-1, or null at the end; reads not one byte of what follows it.</summary>
    private async Task<string?> ReadHeadAsync(Socket client)
    {
        var head = new List<byte>(512);
        var one = new byte[1];
        while (head.Count < 4 || !System.Runtime.InteropServices.CollectionsMarshal.AsSpan(head).EndsWith("\r\n\r\n"u8))
        {
            if (await client.ReceiveAsync(one, _disposed.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        return Encoding.Latin1.GetString([.. head]);
    }

    private Task SendAsync(Socket to, string text) => SendAsync(to, Encoding.Latin1.GetBytes(text));

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await to.SendAsync(bytes, _disposed.Token)..];
        }
    }
}
