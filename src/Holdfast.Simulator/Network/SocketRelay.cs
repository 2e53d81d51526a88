using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Holdfast.Simulator.Connections;

namespace Holdfast.Simulator.Network;

/// <summary>What a relay between two sockets does to them.</summary>
public sealed record SocketRelayOptions
{
    /// <summary>Resets both sides after this long without a byte in either direction. Default null: never.</summary>
    public TimeSpan? IdleKill { get; init; }

    /// <summary>Holds every byte back for this long, in each direction. Default 0.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The clock of both. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>A TCP relay on loopback, as NATs are: forwards, kills the idle, loses packets. Thread-safe.</summary>
public sealed class SocketRelay : IAsyncDisposable
{
    private readonly SocketRelayOptions _options;
    private readonly IPEndPoint _target;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Link, Task> _links = new();
    private readonly TaskCompletionSource _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private int _connections;
    private int _kills;
    private volatile bool _dropsSilently;
    private volatile bool _isDisposed;

    private SocketRelay(IPEndPoint target, SocketRelayOptions options)
    {
        (_target, _options) = (target, options);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The address as a base URL.</summary>
    public Uri BaseUrl => new($"http://{Endpoint}");

    /// <summary>Connections relayed so far.</summary>
    public int ConnectionCount => Volatile.Read(ref _connections);

    /// <summary>Connections killed because they were idle.</summary>
    public int KillCount => Volatile.Read(ref _kills);

    /// <summary>Completes when a client connects after a connection was killed.</summary>
    public Task WhenClientReturns => _returned.Task;

    /// <summary>
    /// From now on every byte is swallowed, in both directions, and both sockets stay open: the half-open connection
    /// that a lost route leaves behind. (The kernel still acknowledges; only the far end is deaf.)
    /// </summary>
    public bool DropsSilently
    {
        get => _dropsSilently;
        set => _dropsSilently = value;
    }

    /// <summary>Listens on a free port and relays to <paramref name="target"/>.</summary>
    public static SocketRelay Start(IPEndPoint target, SocketRelayOptions? options = null) =>
        new(target, options ?? new SocketRelayOptions());

    /// <summary>Resets both sides of every connection.</summary>
    public void ResetConnections()
    {
        foreach (var link in _links.Keys)
        {
            link.Reset();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _listener.Dispose();
            await _accepting;
            ResetConnections();
            await Task.WhenAll(_links.Values);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_isDisposed)
        {
            try
            {
                var client = await _listener.AcceptAsync();
                Interlocked.Increment(ref _connections);
                if (KillCount > 0)
                {
                    _returned.TrySetResult();
                }

                var link = new Link(this, client);
                _links[link] = Task.CompletedTask;
                _links[link] = link.RunAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed, or the client left before it was accepted.
            }
        }
    }

    /// <summary>One client and its connection to the target. Owns both sockets.</summary>
    private sealed class Link(SocketRelay relay, Socket client)
    {
        private readonly Socket _server = new(relay._target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _ended = new();
        private long _lastByte = relay._options.TimeProvider.GetTimestamp();

        public async Task RunAsync()
        {
            // Both loops begin off the accept loop's stack.
            await Task.Yield();
            try
            {
                client.NoDelay = _server.NoDelay = true;
                await _server.ConnectAsync(relay._target);
                var idle = WatchIdleAsync();
                await Task.WhenAll(CopyAsync(client, _server), CopyAsync(_server, client));
                await _ended.CancelAsync();
                await idle;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                Reset();
            }
            finally
            {
                client.Dispose();
                _server.Dispose();
                relay._links.TryRemove(this, out _);
            }
        }

        public void Reset()
        {
            SocketEnds.Reset(client);
            SocketEnds.Reset(_server);
            _ended.Cancel();
        }

        private async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                int read;
                while ((read = await from.ReceiveAsync(buffer, _ended.Token)) > 0)
                {
                    await ForwardAsync(to, buffer.AsMemory(0, read));
                }

                SocketEnds.Finish(to);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // A reset on one side is a reset on the other.
                Reset();
            }
            catch (OperationCanceledException)
            {
                // Reset from elsewhere.
            }
        }

        private async Task ForwardAsync(Socket to, ReadOnlyMemory<byte> bytes)
        {
            if (relay._options.Delay > TimeSpan.Zero)
            {
                await Task.Delay(relay._options.Delay, relay._options.TimeProvider, _ended.Token);
            }

            if (relay._dropsSilently)
            {
                return;
            }

            Volatile.Write(ref _lastByte, relay._options.TimeProvider.GetTimestamp());
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await to.SendAsync(bytes, _ended.Token)..];
            }
        }

        private async Task WatchIdleAsync()
        {
            if (relay._options.IdleKill is not { } limit)
            {
                return;
            }

            var time = relay._options.TimeProvider;
            try
            {
                var left = limit;
                while (left > TimeSpan.Zero)
                {
                    await Task.Delay(left, time, _ended.Token);
                    left = limit - time.GetElapsedTime(Volatile.Read(ref _lastByte));
                }

                Interlocked.Increment(ref relay._kills);
                Reset();
            }
            catch (OperationCanceledException)
            {
                // The connection ended by itself.
            }
        }
    }
}
