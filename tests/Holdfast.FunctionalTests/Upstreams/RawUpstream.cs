using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>A TCP listener on loopback whose every connection follows a script; counts connections and requests.
/// Knows nothing of HTTP but where a request with a content length ends.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<RawConnection, Task> _script;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly ConcurrentBag<RawConnection> _connections = [];
    private readonly Task _accepting;
    private int _requests;

    private RawUpstream(Func<RawConnection, Task> script, IPEndPoint endPoint, SslServerAuthenticationOptions? tls)
    {
        _script = script;
        _tls = tls;
        _listener = new(endPoint);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections.Count;

    public int Requests => _requests;

    public Uri Url => new($"{(_tls is null ? "http" : "https")}://127.0.0.1:{Port}");

    public static RawUpstream Start(
        Func<RawConnection, Task> script, SslServerAuthenticationOptions? tls = null, IPEndPoint? endPoint = null) =>
        new(script, endPoint ?? new(IPAddress.Loopback, 0), tls);

    /// <summary>Answers every request of every connection with 200.</summary>
    public static RawUpstream StartOk(SslServerAuthenticationOptions? tls = null, IPEndPoint? endPoint = null) =>
        Start(AnswerAllAsync, tls, endPoint);

    public static async Task AnswerAllAsync(RawConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await connection.WriteAsync(RawConnection.Ok);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting.WaitAsync(TimeSpan.FromSeconds(30));
        foreach (var connection in _connections)
        {
            connection.HangUp();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync();
                var connection = new RawConnection(socket, () => Interlocked.Increment(ref _requests));
                _connections.Add(connection);
                connection.Number = _connections.Count;
                _ = ServeAsync(connection);
            }
            catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(RawConnection connection)
    {
        await Task.Yield();
        try
        {
            if (_tls is not null)
            {
                await connection.SecureAsync(_tls);
            }

            await _script(connection);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException)
        {
            connection.HangUp();
        }
    }
}

/// <summary>One connection of a <see cref="RawUpstream"/>.</summary>
internal sealed class RawConnection(Socket socket, Action requestRead)
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>1 for the first connection of its upstream.</summary>
    public int Number { get; set; }

    public Socket Socket => socket;

    public Stream Stream => _stream;

    public async Task SecureAsync(SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(_stream);
        await tls.AuthenticateAsServerAsync(options);
        _stream = tls;
    }

    /// <summary>Head and body of the next request; null when the peer closed.</summary>
    public async Task<string?> ReadRequestAsync()
    {
        var text = "";
        while (true)
        {
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && text.Length >= end + 4 + ContentLength(text))
            {
                requestRead();
                return text;
            }

            var read = await _stream.ReadAsync(_buffer);
            if (read == 0)
            {
                return null;
            }

            text += Encoding.Latin1.GetString(_buffer, 0, read);
        }
    }

    public async Task WriteAsync(string text)
    {
        await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await _stream.FlushAsync();
    }

    /// <summary>FIN.</summary>
    public void HangUp() => _stream.Dispose();

    /// <summary>RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    private static int ContentLength(string head)
    {
        const string Name = "content-length:";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(head[(at + Name.Length)..head.IndexOf('\r', at)]);
    }
}
