using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Network;

/// <summary>What goes wrong with one HTTP/2 request.</summary>
public enum Http2Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>GOAWAY that excludes the request (it was not processed), then the connection closes.</summary>
    GoAwayUnprocessed,

    /// <summary>GOAWAY that includes the request, half of its events, then the connection closes.</summary>
    GoAwayThenClose,

    /// <summary>RST_STREAM REFUSED_STREAM before any header: not processed.</summary>
    RefusedStream,

    /// <summary>RST_STREAM INTERNAL_ERROR before any header.</summary>
    ResetBeforeHeaders,

    /// <summary>RST_STREAM INTERNAL_ERROR after half of the events.</summary>
    ResetMidBody,

    /// <summary>RST of the whole TCP connection after half of the events.</summary>
    ConnectionResetMidBody,
}

/// <summary>
/// A provider that speaks the least HTTP/2 over TLS and answers every request with one transcript, after it has read the
/// request or before. Owns its listener; reads no header (no HPACK decoder) and does not mind the client's window: transcripts
/// stay below 64 kB.
/// </summary>
public sealed class SimulatedHttp2Upstream : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _disposed = new();
    private readonly ConcurrentQueue<MemoryStream> _bodies = new();
    private readonly ConcurrentQueue<Http2Fault> _script = new();
    private readonly Task _accepting;
    private int _requests;
    private int _connections;
    private int _clientResets;
    private int _endedBodies;

    private SimulatedHttp2Upstream(X509Certificate2 certificate)
    {
        Certificate = certificate;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The address as a base URL.</summary>
    public Uri BaseUrl => new($"https://{Endpoint}");

    /// <summary>What every request is answered with.</summary>
    public Transcript Transcript { get; set; } = AnthropicTranscript.Text;

    /// <summary>When set, every event waits for a permit.</summary>
    public Gate? Gate { get; set; }

    /// <summary>When set, the answer comes before the request is read: of its body the first 64 KB come, which no window holds
    /// back, and the rest once the gate lets it pass. Set before the first connection.</summary>
    public Gate? Window { get; set; }

    /// <summary>How many events come of an answer; where that is not all of them, it stays open. Default: all.</summary>
    public int MostEvents { get; set; } = int.MaxValue;

    /// <summary>The status of every answer. Default 200.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What came of the bodies of all requests so far, whole or not, in the order in which they began.</summary>
    public IReadOnlyList<byte[]> Bodies => [.. _bodies.Select(Snapshot)];

    /// <summary>Whether PING is answered; if not, the connection looks dead. Default true.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>The ledger: complete requests received, refused ones too.</summary>
    public int RequestCount => Volatile.Read(ref _requests);

    /// <summary>Connections accepted so far.</summary>
    public int ConnectionCount => Volatile.Read(ref _connections);

    /// <summary>Streams the client has cancelled.</summary>
    public int ClientResetCount => Volatile.Read(ref _clientResets);

    /// <summary>How many of them end with what has come: the client has sent all of it, or cancelled it.</summary>
    public int EndedBodies => Volatile.Read(ref _endedBodies);

    internal X509Certificate2 Certificate { get; }

    internal CancellationToken Disposed => _disposed.Token;

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    public static SimulatedHttp2Upstream Start(X509Certificate2 certificate) => new(certificate);

    /// <summary>What goes wrong with the next requests, in this order.</summary>
    public void Script(params ReadOnlySpan<Http2Fault> faults)
    {
        foreach (var fault in faults)
        {
            _script.Enqueue(fault);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _listener.Dispose();
        await _accepting;
    }

    /// <summary>Counts a request; what goes wrong with it.</summary>
    internal Http2Fault TakeRequest()
    {
        Interlocked.Increment(ref _requests);
        return _script.TryDequeue(out var next) ? next : Http2Fault.None;
    }

    internal void CountEndedBody() => Interlocked.Increment(ref _endedBodies);

    internal void CountClientReset() => Interlocked.Increment(ref _clientResets);

    /// <summary>Where the body of a request goes; locked while it grows.</summary>
    internal MemoryStream BeginBody()
    {
        var body = new MemoryStream();
        _bodies.Enqueue(body);
        return body;
    }

    private static byte[] Snapshot(MemoryStream body)
    {
        lock (body)
        {
            return body.ToArray();
        }
    }

    private async Task AcceptAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_disposed.Token);
                Interlocked.Increment(ref _connections);
                _ = new Http2Connection(this, socket).RunAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Disposed, or the client left before it was accepted.
            }
        }
    }
}
