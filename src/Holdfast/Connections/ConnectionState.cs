using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Connections;

/// <summary>Where one client connection stands: idle, in a request, or in its answer; and the timer that closes it when
/// it idles too long. A feature of the connection, so every request on it finds it with <see cref="Of"/>.</summary>
internal sealed class ConnectionState : IDisposable
{
    private readonly ConnectionContext _connection;
    private readonly ConnectionWatch _watch;
    private ITimer? _idleTimer;
    private int _running;
    private long _idleSince;
    private volatile bool _headBegan;
    private volatile bool _isClosing;
    private volatile bool _isServedWhileClosing;
    private IHttpResponseFeature? _answer;
    private SocketEvent? _cut;

    public ConnectionState(ConnectionContext connection, ConnectionWatch watch, bool isLoopback)
    {
        (_connection, _watch, IsLoopback) = (connection, watch, isLoopback);
        _idleSince = watch.Time.GetTimestamp();

        BeginIdling();
    }

    /// <summary>Whether the peer is this machine.</summary>
    public bool IsLoopback { get; }

    /// <summary>Whether HTTP began on it; on a TLS listener: whether the handshake succeeded.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>Whether it turned out to be HTTP/2.</summary>
    public bool IsHttp2 { get; private set; }

    /// <summary>Whether the gateway is stopping: then every answer says that its connection closes.</summary>
    public bool IsDraining => _watch.IsDraining;

    /// <summary>Whether the last request was refused, perhaps before its body was read: the rest may still come.</summary>
    public bool LeftBody { get; private set; }

    /// <summary>Whether a request is under way.</summary>
    public bool IsBusy => Volatile.Read(ref _running) > 0;

    /// <summary>Whether we asked for its end while it was idle, and no request came in between.</summary>
    public bool WasClosedIdle => _isClosing && !_isServedWhileClosing;

    /// <summary>For how long no request has been under way.</summary>
    public TimeSpan IdleFor => IsBusy ? TimeSpan.Zero : _watch.Time.GetElapsedTime(Volatile.Read(ref _idleSince));

    /// <summary>The connection's name in Kestrel's own log lines.</summary>
    public string Id => _connection.ConnectionId;

    /// <summary>Which kind of reset it would be if the client reset it now.</summary>
    public SocketEvent ResetKind => _cut ?? (IsBusy, _answer is { HasStarted: true }, _headBegan) switch
    {
        (true, true, _) => SocketEvent.ResetMidAnswer,
        (true, false, _) or (false, _, true) => SocketEvent.ResetMidRequest,
        _ => SocketEvent.ResetBeforeRequest,
    };

    /// <summary>How many bytes a client may send without meaning a request: a TLS client says goodbye to our
    /// close.</summary>
    public int LongestGoodbye => _connection.Features.Get<ITlsHandshakeFeature>() is null ? 0 : 64;

    /// <summary>The socket; null where a test uses another transport.</summary>
    public System.Net.Sockets.Socket? Socket => _connection.Features.Get<IConnectionSocketFeature>()?.Socket;

    /// <summary>Whether the peer is lost, as the kernel knows: of an end nobody here has heard of yet, and of a connection
    /// that only looks open some time after something was sent.</summary>
    /// <param name="unanswered">After how many times without an answer.</param>
    public bool IsLost(int unanswered) => Socket is { } socket && TcpInfo.Of(socket)?.IsLost(unanswered) == true;

    /// <summary>The state of the connection a request came on; null where no <see cref="ConnectionWatch"/>
    /// stands.</summary>
    public static ConnectionState? Of(HttpContext http) => http.Features.Get<ConnectionState>();

    /// <summary>Adds what the connection's future demands to an answer that has not started: <c>Connection: close</c>
    /// while draining, else <c>Keep-Alive: timeout=N</c> for a client elsewhere. HTTP/1.1 only. Called
    /// by <see cref="ConnectionWatch.Use"/> when a request comes; an answer that takes long calls it again when it
    /// begins.</summary>
    public void StampAnswer(HttpResponse response)
    {
        if (!HttpProtocol.IsHttp11(response.HttpContext.Request.Protocol))
        {
            return;
        }

        if (_watch.IsDraining)
        {
            response.Headers.Connection = "close";
            response.Headers.Remove("Keep-Alive");
        }
        else if (!IsLoopback && _watch.KeepAlive.Header is { } keepAlive && !_isClosing)
        {
            // Without "Connection: keep-alive" beside it: that would keep Kestrel from saying "close" when it must.
            response.Headers.KeepAlive = keepAlive;
        }
    }

    public void Established() => IsEstablished = true;

    public void BytesSeen() => _headBegan = true;

    /// <summary>What a reset would be is settled: what still ends because of it changes nothing.</summary>
    public void InputFailed() => _cut ??= ResetKind;

    public void RequestBegan(HttpContext http)
    {
        Interlocked.Increment(ref _running);
        _idleTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _answer = http.Features.Get<IHttpResponseFeature>();
        (_headBegan, _cut) = (false, null);
        LeftBody = false;
        _isServedWhileClosing |= _isClosing;
        IsHttp2 |= HttpProtocol.IsHttp2(http.Request.Protocol);
    }

    /// <summary>The request is answered although more of its body, if it has one, may come.</summary>
    public static void LeaveBody(HttpContext http)
    {
        if (Of(http) is { } state && http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            state.LeftBody = true;
        }
    }

    public void RequestEnded(HttpContext http)
    {
        if (_connection.ConnectionClosed.IsCancellationRequested || http.RequestAborted.IsCancellationRequested)
        {
            _cut ??= http.Response.HasStarted ? SocketEvent.ResetMidAnswer : SocketEvent.ResetMidRequest;
        }

        Volatile.Write(ref _idleSince, _watch.Time.GetTimestamp());
        _headBegan = false;
        if (Interlocked.Decrement(ref _running) == 0)
        {
            BeginIdling();
        }
    }

    /// <summary>Closes the connection gracefully if no request is under way. A request that arrived in time is still
    /// answered: Kestrel then says <c>Connection: close</c>.</summary>
    public void CloseIfIdle()
    {
        if (!IsBusy)
        {
            _isClosing = true;
            Close();
        }
    }

    /// <summary>Lets the running requests end and then closes; HTTP/2 says GOAWAY at once.</summary>
    public void Close() => _connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    /// <summary>Closes at once, whatever is under way.</summary>
    public void Abort(string reason) => _connection.Abort(new ConnectionAbortedException(reason));

    public void Dispose() => _idleTimer?.Dispose();

    // Loopback connections are never closed for idling: nothing between them and us forgets them.
    private void BeginIdling()
    {
        if (IsLoopback || _watch.KeepAlive.CloseAfter is not { } closeAfter)
        {
            return;
        }

        if (_idleTimer is { } timer)
        {
            timer.Change(closeAfter, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _idleTimer = _watch.Time.CreateTimer(
                static state => ((ConnectionState)state!).CloseIfIdle(), this, closeAfter, Timeout.InfiniteTimeSpan);
        }
    }
}
