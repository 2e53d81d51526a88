using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Connections;

/// <summary>Knows every client connection from its first byte to its last: keeps their states, closes those of other
/// machines when they idle too long, and all of them at the end. Owns no request and no
/// answer.</summary>
internal sealed class ConnectionWatch(
    KeepAliveTerms keepAlive, SocketCounters counters, TimeProvider time, ConnectionEndings endings)
{
    private readonly ConcurrentDictionary<ConnectionState, byte> _open = new();
    private volatile bool _isDraining;

    public KeepAliveTerms KeepAlive => keepAlive;

    public TimeProvider Time => time;

    /// <summary>Whether answers say <c>Connection: close</c>.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>The open connections; a moving picture.</summary>
    public IEnumerable<ConnectionState> Open => _open.Select(pair => pair.Key);

    /// <summary>Connection middleware, outermost (before TLS): the whole life of one connection.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var state = new ConnectionState(connection, this, IsLoopback(connection.RemoteEndPoint));
        connection.Features.Set(state);
        var input = connection.Transport.Input;
        counters.ConnectionOpened();
        _open.TryAdd(state, 0);
        try
        {
            await next(connection);
            await endings.ConcludeAsync(state, input);
        }
        finally
        {
            _open.TryRemove(state, out _);
            counters.ConnectionEnded();
        }
    }

    /// <summary>Connection middleware, innermost (after TLS): sees plain request bytes.</summary>
    public static Task RunPlainAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<ConnectionState>() is { } state)
        {
            state.Established();
            connection.Transport = new WatchedTransport(connection.Transport, state);
        }

        return next(connection);
    }

    /// <summary>Request middleware, first in the pipeline: tells the connection's state where it stands and stamps each
    /// answer.</summary>
    public static RequestDelegate Use(RequestDelegate next) => http =>
        ConnectionState.Of(http) is { } state ? RunAsync(http, state, next) : next(http);

    /// <summary>From now on every answer says <c>Connection: close</c>; HTTP/2 clients are told to go away, which loses
    /// no request.</summary>
    public void BeginDraining()
    {
        _isDraining = true;
        foreach (var state in Open.Where(state => state.IsHttp2))
        {
            state.Close();
        }
    }

    /// <summary>Closes the connections on which nothing is under way.</summary>
    public void CloseIdle()
    {
        foreach (var state in Open)
        {
            state.CloseIfIdle();
        }
    }

    /// <summary>Cuts the connections on which something is still under way.</summary>
    public void AbortBusy()
    {
        foreach (var state in Open.Where(state => state.IsBusy))
        {
            state.Abort("The gateway stops.");
        }
    }

    private static async Task RunAsync(HttpContext http, ConnectionState state, RequestDelegate next)
    {
        state.RequestBegan(http);
        state.StampAnswer(http.Response);
        try
        {
            await next(http);
        }
        finally
        {
            state.RequestEnded(http);
        }
    }

    private bool IsLoopback(EndPoint? peer) =>
        !keepAlive.TreatsLoopbackAsRemote && (peer is not IPEndPoint ip || Loopback.Contains(ip.Address));
}
