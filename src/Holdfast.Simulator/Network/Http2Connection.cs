using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Connections;

namespace Holdfast.Simulator.Network;

/// <summary>One connection of a simulated HTTP/2 upstream: a loop that reads frames, and one task a stream that writes them.</summary>
internal sealed class Http2Connection(SimulatedHttp2Upstream upstream, Socket socket)
{
    private const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    private const byte EndStream = 1, Ack = 1, EndHeaders = 4;
    private const int PrefaceLength = 24;
    private const int NoError = 0, InternalError = 2, Refused = 7;

    /// <summary>As good as no window at all.</summary>
    private const int WideWindow = 1 << 30;

    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, CancellationTokenSource> _streams = new();
    private readonly ConcurrentDictionary<int, MemoryStream> _received = new();
    private readonly SslStream _tls = new(new NetworkStream(socket, ownsSocket: true));

    public async Task RunAsync()
    {
        try
        {
            await _tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = upstream.Certificate,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                },
                upstream.Disposed);
            await _tls.ReadExactlyAsync(new byte[PrefaceLength], upstream.Disposed);
            await WriteAsync(Settings, 0, 0, default);
            if (upstream.Window is not null)
            {
                // One request that is held back must not hold back the others.
                await WriteAsync(WindowUpdate, 0, 0, Number(WideWindow));
            }

            await ReadFramesAsync();
        }
        catch (Exception e) when (IsEnd(e) || e is AuthenticationException)
        {
            // Either side ended the connection.
        }
        finally
        {
            foreach (var id in _received.Keys)
            {
                EndBody(id);
            }

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
            await _tls.ReadExactlyAsync(header, upstream.Disposed);
            var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await _tls.ReadExactlyAsync(payload, upstream.Disposed);
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
            case ResetStream:
                EndBody(id);
                if (_streams.TryRemove(id, out var stream))
                {
                    upstream.CountClientReset();
                    await stream.CancelAsync();
                }

                break;
            case Headers:
                _received[id] = upstream.BeginBody();
                break;
            case Data when payload.Length > 0:
                Keep(id, payload);
                await WriteAsync(WindowUpdate, 0, 0, Number(payload.Length));
                if (upstream.Window is null)
                {
                    await WriteAsync(WindowUpdate, 0, id, Number(payload.Length));
                }

                break;
        }

        var isWhole = (flags & EndStream) != 0;
        if (type is Data or Headers && isWhole)
        {
            EndBody(id);
        }

        if (upstream.Window is { } window && type == Headers)
        {
            Answer(id);
            _ = isWhole ? Task.CompletedTask : OpenAsync(window, id);
        }
        else if (type is Data or Headers && isWhole && upstream.Window is null)
        {
            Answer(id);
        }
    }

    private void EndBody(int id)
    {
        if (_received.TryRemove(id, out _))
        {
            upstream.CountEndedBody();
        }
    }

    private void Keep(int id, byte[] payload)
    {
        var body = _received[id];
        lock (body)
        {
            body.Write(payload);
        }
    }

    private void Answer(int id)
    {
        var cancelled = CancellationTokenSource.CreateLinkedTokenSource(upstream.Disposed);
        _streams[id] = cancelled;
        _ = AnswerAsync(id, upstream.TakeRequest(), cancelled.Token);
    }

    private async Task OpenAsync(Gate window, int id)
    {
        try
        {
            await window.PassAsync(upstream.Disposed);
            await WriteAsync(WindowUpdate, 0, id, Number(WideWindow));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The connection is gone.
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

        await WriteAsync(Headers, EndHeaders, id, HeadOf(upstream.Status));
        for (var i = 0; i < sent && i < upstream.MostEvents; i++)
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
                await SocketEnds.ResetAsync(socket);
                break;
        }
    }

    /// <summary>FIN behind everything written; the read loop goes on until the client has closed as well.</summary>
    private async Task CloseAsync()
    {
        await _tls.ShutdownAsync();
        SocketEnds.Finish(socket);
    }

    private async Task WriteAsync(byte type, byte flags, int id, ReadOnlyMemory<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame.AsMemory(9));

        await _writing.WaitAsync(upstream.Disposed);
        try
        {
            await _tls.WriteAsync(frame, upstream.Disposed);
        }
        finally
        {
            _writing.Release();
        }
    }

    // ":status" by its static index 8 and "content-type" by 31, their values as plain literals.
    private static byte[] HeadOf(int status) =>
        [0x08, 3, .. Encoding.ASCII.GetBytes($"{status:000}"), 0x0F, 0x10, 17, .. "text/event-stream"u8];

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
