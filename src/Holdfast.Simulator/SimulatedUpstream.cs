using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Models;
using Holdfast.Simulator.Providers;
using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator;

/// <summary>
/// A provider on loopback: speaks the four protocols over raw sockets, well or with every fault. Owns the listener,
/// the ledger of requests and the script. Thread-safe.
/// </summary>
public sealed class SimulatedUpstream : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Socket _listener;
    private readonly ModelAnswers _models = new();
    private readonly Queue<Answer> _script = new();
    private readonly Queue<ConnectionFault> _connectionScript = new();
    private readonly List<SimulatedRequest> _requests = [];
    private readonly Channel<SimulatedRequest> _arrivals = Channel.CreateUnbounded<SimulatedRequest>();
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly Task _accepting;
    private Answer? _always;
    private int _requestCount;
    private int _connectionCount;
    private int _openRequests;
    private int _requestIds;
    private volatile bool _isDisposed;

    private SimulatedUpstream(SimulatorOptions options, Socket listener)
    {
        Options = options;
        _listener = listener;
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        BaseUrl = new UriBuilder(options.Tls is null ? "http" : "https", Host(Endpoint), Endpoint.Port).Uri;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, as a base URL for clients.</summary>
    public Uri BaseUrl { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The ledger: complete requests received, whatever became of them.</summary>
    public int RequestCount => Volatile.Read(ref _requestCount);

    /// <summary>Connections accepted so far.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>Connections open now.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>Connections that wait for a request.</summary>
    public int IdleConnections => _connections.Keys.Count(c => c.IsIdle);

    /// <summary>Requests whose answer is under way.</summary>
    public int OpenRequests => Volatile.Read(ref _openRequests);

    /// <summary>The requests so far, in the order of the ledger; empty unless they are kept.</summary>
    public IReadOnlyList<SimulatedRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    internal SimulatorOptions Options { get; }

    /// <summary>Binds and listens; requests are served from here on.</summary>
    public static SimulatedUpstream Start(SimulatorOptions? options = null)
    {
        options ??= new SimulatorOptions();
        var listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(options.Listen);
        listener.Listen(4096);
        return new(options, listener);
    }

    /// <summary>Goes on where somebody else has listened: serves the connection that was accepted, then all others.</summary>
    /// <param name="options">What it does; where it listens is settled.</param>
    /// <param name="listener">The socket that listens; closed at the end.</param>
    /// <param name="first">The connection.</param>
    public static SimulatedUpstream GoOn(SimulatorOptions options, Socket listener, Socket first)
    {
        var upstream = new SimulatedUpstream(options, listener);
        upstream.Serve(first);
        return upstream;
    }

    /// <summary>Answers the next requests in this order; then <see cref="Always"/> or model names decide.</summary>
    public void Script(params ReadOnlySpan<Answer> answers)
    {
        lock (_lock)
        {
            foreach (var answer in answers)
            {
                _script.Enqueue(answer);
            }
        }
    }

    /// <summary>Answers every request the script leaves over; null: by model name.</summary>
    public void Always(Answer? answer)
    {
        lock (_lock)
        {
            _always = answer;
        }
    }

    /// <summary>What happens to the next connections, in this order.</summary>
    public void ScriptConnections(params ReadOnlySpan<ConnectionFault> faults)
    {
        lock (_lock)
        {
            foreach (var fault in faults)
            {
                _connectionScript.Enqueue(fault);
            }
        }
    }

    /// <summary>The next arrival nobody has waited for yet, now or when it comes.</summary>
    public Task<SimulatedRequest> NextRequestAsync(CancellationToken cancellationToken = default) =>
        _arrivals.Reader.ReadAsync(cancellationToken).AsTask();

    /// <summary>Completes when the connection of request <paramref name="number"/> (from 1) has ended.</summary>
    public Task<ClientEnd> WhenClientGoneAsync(int number, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return _requests[number - 1].ClientGone.WaitAsync(cancellationToken);
        }
    }

    /// <summary>FIN on every connection that waits for a request.</summary>
    public void CloseIdleConnections() => Abort(reset: false, onlyIfIdle: true);

    /// <summary>RST on every connection.</summary>
    public void ResetConnections() => Abort(reset: true, onlyIfIdle: false);

    /// <summary>Stops listening and resets what is still open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _listener.Dispose();
        await _accepting;
        Abort(reset: true, onlyIfIdle: false);
        await Task.WhenAll(_connections.Values);
    }

    /// <summary>Enters a request in the ledger and decides its answer.</summary>
    internal (AnswerPlan Plan, SimulatedRequest? Record) Arrived(
        IncomingRequest incoming,
        int connection,
        int onConnection)
    {
        Interlocked.Increment(ref _openRequests);
        SimulatedRequest? snapshot = null;
        Answer? scripted;
        int number;
        lock (_lock)
        {
            number = ++_requestCount;
            scripted = _script.TryDequeue(out var next) ? next : _always;
            if (Options.KeepRequests)
            {
                snapshot = new SimulatedRequest(number, connection, onConnection, incoming);
                _requests.Add(snapshot);
                _arrivals.Writer.TryWrite(snapshot);
            }
        }

        var record = snapshot;
        SimulatedRequest Snapshot() => snapshot ??= new SimulatedRequest(number, connection, onConnection, incoming);
        var plan = scripted is null
            ? ProviderAnswers.PlanFor(incoming, _models, Options.OtherModels, Snapshot)
            : ProviderAnswers.PlanFor(scripted, incoming, _models, Snapshot);
        return (incoming.Method == "HEAD" ? plan with { Frames = [] } : plan, record);
    }

    /// <summary>The next scripted answer, if it is one that does not wait for the body.</summary>
    internal AnswerPlan? TakeEarlyAnswer(IncomingRequest incoming, int connection, int onConnection)
    {
        lock (_lock)
        {
            if (!_script.TryPeek(out var next) || !next.ComesBeforeBody)
            {
                return null;
            }

            _script.Dequeue();
            var snapshot = new SimulatedRequest(0, connection, onConnection, incoming);
            return ProviderAnswers.PlanFor(next, incoming, _models, () => snapshot);
        }
    }

    internal void Finished() => Interlocked.Decrement(ref _openRequests);

    internal int NextRequestId() => Interlocked.Increment(ref _requestIds);

    // Jitter needs no secrecy, and no two runs need agree on it.
#pragma warning disable CA5394
    internal static double NextRandom() => Random.Shared.NextDouble();
#pragma warning restore CA5394

    private async Task AcceptAsync()
    {
        while (!_isDisposed)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                continue;
            }

            Serve(socket);
        }
    }

    private void Serve(Socket socket)
    {
        ConnectionFault fault;
        lock (_lock)
        {
            fault = _connectionScript.TryDequeue(out var next) ? next : Options.Connections;
        }

        var connection = new Connection(this, socket, Interlocked.Increment(ref _connectionCount));
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = ServeAsync();
        started.SetResult();

        async Task ServeAsync()
        {
            await started.Task;
            await connection.RunAsync(fault);
            _connections.TryRemove(connection, out _);
        }
    }

    private void Abort(bool reset, bool onlyIfIdle)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Abort(reset, onlyIfIdle);
        }
    }

    private static string Host(IPEndPoint endpoint) => endpoint.Address.ToString();
}
