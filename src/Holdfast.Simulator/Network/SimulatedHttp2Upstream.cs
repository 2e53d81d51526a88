using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
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
/// A provider that speaks the least HTTP/2 over TLS and answers every request with one transcript. Owns its listener;
/// reads no header (no HPACK decoder) and does not mind the client's window: transcripts stay below 64 kB.
/// </summary>
public sealed class SimulatedHttp2Upstream : IAsyncDisposable
{
    private const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    private const byte EndStream = 1, Ack = 1, EndHeaders = 4;
    private const int PrefaceLength = 24;
    private const int NoError = 0, InternalError = 2, Refused = 7;

    // Indexed ":status 200"; then "content-type" by its static index 31, its value as a plain literal.
    private static readonly byte[] ResponseHeaders = [0x88, 0x0F, 0x10, 17, .. "text/event-stream"u8];

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _disposed = new();
    private readonly ConcurrentQueue<Http2Fault> _script = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _accepting;
    private int _requests;
    private int _connections;
    private int _clientResets;

    private SimulatedHttp2Upstream(X509Certificate2 certificate)
    {
        _certificate = certificate;
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

    /// <summary>Whether PING is answered; if not, the connection looks dead. Default true.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>The ledger: complete requests received, refused ones too.</summary>
    public int RequestCount => Volatile.Read(ref _requests);

    /// <summary>Connections accepted so far.</summary>
    public int ConnectionCount => Volatile.Read(ref _connections);

    /// <summary>Streams the client has cancelled.</summary>
    public int ClientResetCount => Volatile.Read(ref _clientResets);

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

    /// <summary>One connection: a loop that reads frames, and one task a stream that writes them.</summary>
    private sealed class Http2Connection(SimulatedHttp2Upstream upstream, Socket socket)
    {
        private readonly SemaphoreSlim _writing = new(1);
        private readonly ConcurrentDictionary<int, CancellationTokenSource> _streams = new();
        private readonly SslStream _tls = new(new NetworkStream(socket, ownsSocket: true));

        public async Task RunAsync()
        {
            try
            {
                await _tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = upstream._certificate,
                        ApplicationProtocols = [SslApplicationProtocol.Http2],
                    },
                    upstream._disposed.Token);
                await _tls.ReadExactlyAsync(new byte[PrefaceLength], upstream._disposed.Token);
                await WriteAsync(Settings, 0, 0, default);
                await ReadFramesAsync();
            }
            catch (Exception e) when (IsEnd(e) || e is AuthenticationException)
            {
                // Either side ended the connection.
            }
            finally
            {
                foreach (var stream in _streams.Values)
                {
                    await stream.CancelAsync();
                }

                await _tls.DisposeAsync();
            }
        }

        private async Task ReadFramesAsync()
        {
            var header = new byte[9];
            while (true)
            {
                await _tls.ReadExactlyAsync(header, upstream._disposed.Token);
                var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
                await _tls.ReadExactlyAsync(payload, upstream._disposed.Token);
                var id = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) & int.MaxValue;
                await HandleAsync(header[3], header[4], id, payload);
            }
        }

        private async Task HandleAsync(byte type, byte flags, int id, byte[] payload)
        {
            switch (type)
            {
                case Settings when (flags & Ack) == 0:
                    await WriteAsync(Settings, Ack, 0, default);
                    break;
                case Ping when (flags & Ack) == 0 && upstream.AnswersPings:
                    await WriteAsync(Ping, Ack, 0, payload);
                    break;
                case ResetStream when _streams.TryRemove(id, out var stream):
                    Interlocked.Increment(ref upstream._clientResets);
                    await stream.CancelAsync();
                    break;
                case Data when payload.Length > 0:
                    await WriteAsync(WindowUpdate, 0, 0, Number(payload.Length));
                    await WriteAsync(WindowUpdate, 0, id, Number(payload.Length));
                    break;
            }

            if (type is Data or Headers && (flags & EndStream) != 0)
            {
                Interlocked.Increment(ref upstream._requests);
                var cancelled = CancellationTokenSource.CreateLinkedTokenSource(upstream._disposed.Token);
                _streams[id] = cancelled;
                var fault = upstream._script.TryDequeue(out var next) ? next : Http2Fault.None;
                _ = AnswerAsync(id, fault, cancelled.Token);
            }
        }

        private async Task AnswerAsync(int id, Http2Fault fault, CancellationToken cancelled)
        {
            try
            {
                switch (fault)
                {
                    case Http2Fault.GoAwayUnprocessed:
                        await WriteAsync(GoAway, 0, 0, GoAwayUntil(Math.Max(0, id - 2)));
                        await CloseAsync();
                        break;
                    case Http2Fault.RefusedStream:
                        await WriteAsync(ResetStream, 0, id, Number(Refused));
                        break;
                    case Http2Fault.ResetBeforeHeaders:
                        await WriteAsync(ResetStream, 0, id, Number(InternalError));
                        break;
                    default:
                        await WriteAnswerAsync(id, fault, cancelled);
                        break;
                }
            }
            catch (Exception e) when (IsEnd(e))
            {
                // The client cancelled the stream, or the connection is gone.
            }
            finally
            {
                _streams.TryRemove(id, out _);
            }
        }

        private async Task WriteAnswerAsync(int id, Http2Fault fault, CancellationToken cancelled)
        {
            var events = upstream.Transcript.Events;
            var sent = fault == Http2Fault.None ? events.Count : events.Count / 2;
            if (fault == Http2Fault.GoAwayThenClose)
            {
                await WriteAsync(GoAway, 0, 0, GoAwayUntil(id));
            }

            await WriteAsync(Headers, EndHeaders, id, ResponseHeaders);
            for (var i = 0; i < sent; i++)
            {
                await (upstream.Gate?.PassAsync(cancelled) ?? Task.CompletedTask);
                cancelled.ThrowIfCancellationRequested();
                await WriteAsync(Data, i == events.Count - 1 ? EndStream : (byte)0, id, events[i].Bytes);
            }

            switch (fault)
            {
                case Http2Fault.GoAwayThenClose:
                    await CloseAsync();
                    break;
                case Http2Fault.ResetMidBody:
                    await WriteAsync(ResetStream, 0, id, Number(InternalError));
                    break;
                case Http2Fault.ConnectionResetMidBody:
                    await Connections.SocketEnds.ResetAsync(socket);
                    break;
            }
        }

        /// <summary>FIN behind everything written; the read loop goes on until the client has closed as well.</summary>
        private async Task CloseAsync()
        {
            await _tls.ShutdownAsync();
            Connections.SocketEnds.Finish(socket);
        }

        private async Task WriteAsync(byte type, byte flags, int id, ReadOnlyMemory<byte> payload)
        {
            var frame = new byte[9 + payload.Length];
            BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
            frame[4] = flags;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
            payload.CopyTo(frame.AsMemory(9));

            await _writing.WaitAsync(upstream._disposed.Token);
            try
            {
                await _tls.WriteAsync(frame, upstream._disposed.Token);
            }
            finally
            {
                _writing.Release();
            }
        }

        private static byte[] GoAwayUntil(int lastId) => [.. Number(lastId), .. Number(NoError)];

        private static byte[] Number(int value)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            return bytes;
        }

        private static bool IsEnd(Exception e) => e is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException or InvalidOperationException;
    }
}
