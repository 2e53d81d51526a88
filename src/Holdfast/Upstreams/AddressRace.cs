using System.Net;
using System.Net.Sockets;

namespace Holdfast.Upstreams;

/// <summary>Connects to the first of several addresses that answers, both IP families in turn (RFC 8305). Keeps no
/// memory of which one won.</summary>
internal sealed class AddressRace(TimeProvider time)
{
    // RFC 8305 section 5: how long the next address waits for the one before it.
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>The first connection that stands; the others are given up.</summary>
    /// <exception cref="SocketException">None stands; of their failures the one that says most.</exception>
    public async Task<Socket> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        var order = Interleave(addresses);
        if (order.Count == 1)
        {
            return await ConnectAsync(order[0], port, cancellationToken);
        }

        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Socket>>();
        SocketException? failure = null;
        try
        {
            for (var next = 0; ;)
            {
                if (next < order.Count)
                {
                    running.Add(ConnectAsync(order[next++], port, losers.Token));
                }

                if (await FirstAsync(running, wait: next < order.Count, losers.Token) is not { } finished)
                {
                    continue;
                }

                running.Remove(finished);
                try
                {
                    return await finished;
                }
                catch (SocketException failed)
                {
                    failure = MoreTelling(failure, failed);
                }

                if (running.Count == 0 && next == order.Count)
                {
                    throw failure;
                }
            }
        }
        finally
        {
            await losers.CancelAsync();
            running.ForEach(DisposeWhenConnected);
        }
    }

    /// <summary>Alternates the families, beginning with the one the system prefers.</summary>
    private static List<IPAddress> Interleave(IPAddress[] addresses)
    {
        var preferred = new Queue<IPAddress>(addresses.Where(a => a.AddressFamily == addresses[0].AddressFamily));
        var other = new Queue<IPAddress>(addresses.Where(a => a.AddressFamily != addresses[0].AddressFamily));
        var order = new List<IPAddress>(addresses.Length);
        while (preferred.Count > 0 || other.Count > 0)
        {
            if (preferred.TryDequeue(out var first))
            {
                order.Add(first);
            }

            if (other.TryDequeue(out var second))
            {
                order.Add(second);
            }
        }

        return order;
    }

    /// <summary>The first connect that ends, or null when it is the next address's turn.</summary>
    private async Task<Task<Socket>?> FirstAsync(
        List<Task<Socket>> running, bool wait, CancellationToken cancellationToken)
    {
        var ended = Task.WhenAny(running);
        if (wait)
        {
            var turn = Task.Delay(Stagger, time, cancellationToken);
            if (await Task.WhenAny(ended, turn) == turn)
            {
                await turn;
                return null;
            }
        }

        return await ended;
    }

    private static void DisposeWhenConnected(Task<Socket> loser) =>
        _ = loser.ContinueWith(
            static connected =>
            {
                if (connected.IsCompletedSuccessfully)
                {
                    connected.GetAwaiter().GetResult().Dispose();
                }
                else
                {
                    _ = connected.Exception; // Seen: a lost race is no unobserved failure.
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    // "Refused" says more than "no route", which often only means that the machine lacks one family.
    private static SocketException MoreTelling(SocketException? known, SocketException failed) =>
        known is null || IsNoRoute(known) ? failed : known;

    private static bool IsNoRoute(SocketException failure) => failure.SocketErrorCode is SocketError.NetworkUnreachable
        or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.AddressNotAvailable
        or SocketError.AddressFamilyNotSupported;

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            SocketSettings.ApplyTo(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
