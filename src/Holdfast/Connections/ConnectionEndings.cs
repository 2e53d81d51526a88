using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Connections;

/// <summary>Names how a connection ended, counts it once, and lets its client hear our last word before the socket
/// closes. Called when HTTP is done with the connection and its socket still stands.</summary>
internal sealed class ConnectionEndings(SocketCounters counters, TimeProvider time, ILogger<ConnectionEndings> logger)
{
    // How long a connection that we closed for idling stays half open, to see a request that crossed our FIN.
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    // Right after an answer its last bytes may still be on their way from Kestrel to the kernel: no half-close then.
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(250);

    // A request that we answered without reading it all may still come, with pauses of this length and up to so much:
    // closing at once would reset the connection, and its client would lose our answer.
    private static readonly TimeSpan DiscardTime = TimeSpan.FromSeconds(5);
    private const long DiscardBytes = 256L * 1024 * 1024;

    public async Task ConcludeAsync(ConnectionState state, PipeReader input)
    {
        if (!state.IsEstablished)
        {
            counters.Count(SocketEvent.HandshakeFailed, state.Id);
            return;
        }

        switch (ReadEnding(input))
        {
            case Ending.Reset:
                counters.Count(state.ResetKind, state.Id);
                break;
            case Ending.Open when state.WasClosedIdle:
                counters.Count(SocketEvent.IdleClosedByUs, state.Id);
                await AwaitGoodbyeAsync(state, input);
                break;
            case Ending.BytesLeft when state.WasClosedIdle:
                counters.Count(SocketEvent.IdleClosedByUs, state.Id);
                CountRace(state);
                break;
            case Ending.BytesLeft when !state.IsHttp2:
            case Ending.Open when state is { LeftBody: true, IsHttp2: false }:
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
        if (state.IsHttp2 || state.IdleFor < SettleTime
            || state.Socket is not { } socket || !TcpInfo.HasSentAll(socket))
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
                deadline.CancelAfter(DiscardTime);
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
        counters.Count(SocketEvent.KeepAliveRace, state.Id);
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
