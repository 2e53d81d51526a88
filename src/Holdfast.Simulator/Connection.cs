using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Connections;
using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator;

/// <summary>One accepted connection: reads its requests one by one and executes their plans. Owns the socket.</summary>
internal sealed class Connection(SimulatedUpstream upstream, Socket socket, int number)
{
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource<ClientEnd> _clientGone =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Stream _stream = Stream.Null;
    private PlanWriter? _writer;
    private volatile bool _isIdle;

    private TimeProvider Time => upstream.Options.TimeProvider;

    public bool IsIdle => _isIdle;

    /// <summary>Serves until either side ends. Never throws for what a peer does.</summary>
    public async Task RunAsync(ConnectionFault fault)
    {
        try
        {
            switch (fault)
            {
                case ConnectionFault.Reset:
                    SocketEnds.Reset(socket);
                    break;
                case ConnectionFault.Close:
                    break;
                case ConnectionFault.Blackhole:
                    await Task.Delay(Timeout.InfiniteTimeSpan, Time, _gone.Token);
                    break;
                default:
                    await ServeAsync();
                    break;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException
            or AuthenticationException or OperationCanceledException)
        {
            // The peer left, refused our certificate, or the simulator is being disposed.
        }
        finally
        {
            ClientGone(ClientEnd.EndedByUs);
            await _stream.DisposeAsync();
            socket.Dispose();
        }
    }

    /// <summary>Ends the connection from outside: RST, or FIN if it is between two requests.</summary>
    public void Abort(bool reset, bool onlyIfIdle)
    {
        if (onlyIfIdle && !_isIdle)
        {
            return;
        }

        ClientGone(ClientEnd.EndedByUs);
        if (reset)
        {
            SocketEnds.Reset(socket);
            return;
        }

        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    private async Task ServeAsync()
    {
        socket.NoDelay = true;
        _stream = await OpenStreamAsync();
        _writer = new PlanWriter(_stream, Time);
        var request = new IncomingRequest(_clientGone.Task);
        using var reader = new RequestReader(_stream, request, ClientGone);
        for (var requestNumber = 1; await WaitForBytesAsync(reader, requestNumber > 1); requestNumber++)
        {
            var outcome = await reader.ReadHeadAsync();
            if (outcome == ReadOutcome.Request && upstream.TakeEarlyAnswer(request, number, requestNumber) is { } early)
            {
                await ExecuteAsync(early, reader);
                await ContinuesAsync(early.Ending, reader);
                return;
            }

            outcome = outcome == ReadOutcome.Request ? await reader.ReadBodyAsync(SendContinueAsync) : outcome;
            if (outcome != ReadOutcome.Request)
            {
                await RefuseAsync(reader, outcome);
                return;
            }

            var keepsAlive = request.KeepsAlive;
            var (plan, record) = upstream.Arrived(request, number, requestNumber);
            reader.Consume();

            var end = await ExecuteAsync(plan, reader);
            upstream.Finished();
            record?.SetAnswered(end);
            if (end == AnswerEnd.ClientGone || !await ContinuesAsync(plan.Ending, reader) || !keepsAlive)
            {
                return;
            }
        }
    }

    private async Task<Stream> OpenStreamAsync()
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (upstream.Options.Tls is not { } tls)
        {
            return plain;
        }

        var secure = new SslStream(plain, leaveInnerStreamOpen: false);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = tls.Certificate,
            EnabledSslProtocols = tls.Protocols,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
        await secure.AuthenticateAsServerAsync(options, _gone.Token);
        return secure;
    }

    /// <summary>False when the connection was idle for too long, or is gone.</summary>
    private async ValueTask<bool> WaitForBytesAsync(RequestReader reader, bool isReused)
    {
        if (reader.HasBufferedBytes)
        {
            return true;
        }

        _isIdle = true;
        if (isReused && upstream.Options.IdleClose is { } idle)
        {
            using var arrived = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
            var bytes = reader.Watch();
            var limit = Task.Delay(idle + Jitter(), Time, arrived.Token);
            if (await Task.WhenAny(bytes, limit) == limit)
            {
                // Like a server's close(): the FIN and a request on its way may cross.
                Abort(reset: false, onlyIfIdle: true);
                await bytes;
                return false;
            }

            await arrived.CancelAsync();
        }
        else
        {
            await reader.Watch();
        }

        _isIdle = false;
        return !_gone.IsCancellationRequested;
    }

    private TimeSpan Jitter() => upstream.Options.IdleCloseJitter * SimulatedUpstream.NextRandom();

    /// <summary>One answer, from its first wait to its last byte.</summary>
    private async ValueTask<AnswerEnd> ExecuteAsync(AnswerPlan plan, RequestReader reader)
    {
        try
        {
            if (!plan.IsImmediate)
            {
                // A read is kept open from here on: it is how the client's leaving shows.
                _ = reader.Watch();
            }

            await _writer!.WriteAsync(plan, upstream.NextRequestId(), _gone.Token);
            return plan.IsCut ? AnswerEnd.CutByScript : AnswerEnd.Sent;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            ClientGone(ClientEnd.Reset);
            return AnswerEnd.ClientGone;
        }
        catch (OperationCanceledException)
        {
            return AnswerEnd.ClientGone;
        }
    }

    /// <summary>Ends the connection as the plan says; true when it serves another request.</summary>
    private async ValueTask<bool> ContinuesAsync(AnswerEnding ending, RequestReader reader)
    {
        switch (ending)
        {
            case AnswerEnding.KeepOpen:
                return true;
            case AnswerEnding.Reset:
                _clientGone.TrySetResult(ClientEnd.EndedByUs);
                await SocketEnds.ResetAsync(socket);
                return false;
            case AnswerEnding.HalfClose:
                SocketEnds.Finish(socket);
                await reader.DrainAsync();
                return false;
            default:
                await CloseAsync(reader);
                return false;
        }
    }

    /// <summary>A proper close: the peer gets everything and a FIN, even if it has sent more than we read.</summary>
    private async Task CloseAsync(RequestReader reader)
    {
        if (_stream is SslStream secure)
        {
            await secure.ShutdownAsync();
        }

        SocketEnds.Finish(socket);
        await Task.WhenAny(reader.DrainAsync(), Task.Delay(TimeSpan.FromSeconds(5), Time, _gone.Token));
    }

    private async Task RefuseAsync(RequestReader reader, ReadOutcome outcome)
    {
        if (outcome == ReadOutcome.End)
        {
            return;
        }

        var status = outcome switch
        {
            ReadOutcome.BodyTooLarge => 413,
            ReadOutcome.HeadTooLarge => 431,
            _ => 400,
        };
        var reason = ProtocolTexts.Reason(status);
        var text = $"HTTP/1.1 {status} {reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        await _stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text));
        await CloseAsync(reader);
    }

    private ValueTask SendContinueAsync() =>
        _stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());

    private void ClientGone(ClientEnd end)
    {
        _clientGone.TrySetResult(end);
        _gone.Cancel();
    }
}
