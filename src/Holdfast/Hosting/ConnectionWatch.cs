using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Hosting;

/// <summary>Watches every client connection: closes those of other machines when they idle too long, names how each
/// connection ended, and counts it once (R8, R15, R16). Owns no request and no answer.</summary>
internal sealed class ConnectionWatch(
    KeepAliveTerms keepAlive, SocketCounters counters, TimeProvider time, ILogger<ConnectionWatch> logger)
{
    // How long a connection that we closed for idling stays half open, to see (and count) a request that crossed our FIN.
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    // Right after an answer its last bytes may still be on their way from Kestrel to the kernel: no half-close then.
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(250);

    // How long and how much of a request that we answered without reading it all may still come before we close: closing at
    // once would reset the connection, and its client would lose our answer.
    private static readonly TimeSpan DiscardTime = TimeSpan.FromSeconds(5);
    private const long DiscardBytes = 256L * 1024 * 1024;

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
            await ConcludeAsync(state, input);
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
    /// answer. No state machine and no allocation of its own but two callbacks.</summary>
    public static Task Use(HttpContext http, RequestDelegate next)
    {
        if (ConnectionState.Of(http) is { } state)
        {
            state.RequestBegan(http);
            http.Response.OnStarting(AnswerBegins, http);
            http.Response.OnCompleted(RequestEnded, http);
        }

        return next(http);
    }

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

    private static Task AnswerBegins(object http)
    {
        var context = (HttpContext)http;
        if (ConnectionState.Of(context) is { } state)
        {
            state.AnswerBegan();
            state.StampAnswer(context.Response);
        }

        return Task.CompletedTask;
    }

    private static Task RequestEnded(object http)
    {
        var context = (HttpContext)http;
        ConnectionState.Of(context)?.RequestEnded(context);
        return Task.CompletedTask;
    }

    private bool IsLoopback(EndPoint? peer) =>
        !keepAlive.TreatsLoopbackAsRemote && (peer is not IPEndPoint ip || Loopback.Contains(ip.Address));

    private async Task ConcludeAsync(ConnectionState state, PipeReader input)
    {
        if (!state.IsEstablished)
        {
            counters.Count(SocketEvent.HandshakeFailed);
            return;
        }

        switch (ReadEnding(input))
        {
            case Ending.Reset:
                counters.Count(state.ResetKind);
                break;
            case Ending.Open when state.WasClosedIdle:
                counters.Count(SocketEvent.IdleClosedByUs);
                await AwaitGoodbyeAsync(state, input);
                break;
            case Ending.BytesLeft when state.WasClosedIdle:
                counters.Count(SocketEvent.IdleClosedByUs);
                CountRace(state);
                break;
            case Ending.BytesLeft when !state.IsHttp2:
                await DiscardAsync(input);
                break;
        }
    }

    // The receiving side of the transport keeps the reason of its end, for whoever asks next.
    private static Ending ReadEnding(PipeReader input)
    {
        try
        {
            if (!input.TryRead(out var read))
            {
                return Ending.Open;
            }

            input.AdvanceTo(read.Buffer.Start);
            return !read.Buffer.IsEmpty ? Ending.BytesLeft : read.IsCompleted ? Ending.ClosedByPeer : Ending.Open;
        }
        catch (ConnectionResetException)
        {
            return Ending.Reset;
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Aborted by us, or the reader was completed: nothing more to learn.
            return Ending.Unknown;
        }
    }

    private async Task AwaitGoodbyeAsync(ConnectionState state, PipeReader input)
    {
        if (state.IsHttp2 || state.IdleFor < SettleTime || state.Socket is not { } socket || !TcpInfo.HasSentAll(socket))
        {
            return;
        }

        try
        {
            socket.Shutdown(SocketShutdown.Send);
            using var deadline = new CancellationTokenSource(LingerTime, time);
            var read = await input.ReadAsync(deadline.Token);
            if (read.Buffer.Length > state.LongestGoodbye)
            {
                CountRace(state);
            }

            input.AdvanceTo(read.Buffer.End);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Nobody came within the time, or the client reset what we were closing anyway.
        }
    }

    private async Task DiscardAsync(PipeReader input)
    {
        try
        {
            using var deadline = new CancellationTokenSource(DiscardTime, time);
            for (var left = DiscardBytes; left > 0;)
            {
                var read = await input.ReadAsync(deadline.Token);
                left -= read.Buffer.Length;
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // It went on for too long, or its client is gone.
        }
    }

    private static bool IsEnd(Exception e) => e is IOException or OperationCanceledException or SocketException
        or ObjectDisposedException or InvalidOperationException;

    private void CountRace(ConnectionState state)
    {
        counters.Count(SocketEvent.KeepAliveRace);
        logger.KeepAliveRace(state.Id, state.IdleFor);
    }

    private enum Ending
    {
        Unknown,
        Open,
        BytesLeft,
        ClosedByPeer,
        Reset,
    }
}

/// <summary>How long connections may idle, and what clients are told about it (D14).</summary>
/// <param name="timeout">The advertised idle time; infinite: none is advertised and none enforced.</param>
internal sealed class KeepAliveTerms(TimeSpan timeout)
{
    // Clients that keep to what we advertise never meet our close: their last chance to send is two seconds earlier.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>Treats connections from this machine like any other: only tests set it, they have no other machine.</summary>
    public bool TreatsLoopbackAsRemote { get; init; }

    /// <summary>Idle time after which we close; null never.</summary>
    public TimeSpan? CloseAfter { get; } = timeout == Timeout.InfiniteTimeSpan ? null : WholeSeconds(timeout) + Margin;

    /// <summary>The value of the <c>Keep-Alive</c> header; null for none.</summary>
    public string? Header { get; } = timeout == Timeout.InfiniteTimeSpan
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"timeout={(long)WholeSeconds(timeout).TotalSeconds}");

    private static TimeSpan WholeSeconds(TimeSpan time) => TimeSpan.FromSeconds(Math.Max(1, Math.Floor(time.TotalSeconds)));
}
