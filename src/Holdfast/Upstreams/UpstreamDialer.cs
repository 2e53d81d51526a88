using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Holdfast.Upstreams;

/// <summary>Opens the connections of one upstream: name resolution, both IP families raced (RFC 8305), socket options,
/// and the watch over what the connection carries. Owns no pool and no TLS.</summary>
internal sealed class UpstreamDialer(Uri origin, UpstreamSurroundings surroundings)
{
    // RFC 8305 section 5: how long the next address waits for the one before it.
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = surroundings.Time;

    /// <summary>The handler's connect callback.</summary>
    public async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var dial = TraceOf(context.InitialRequestMessage)?.BeginDial() ?? new ConnectionDial();
        var endPoint = context.DnsEndPoint;
        try
        {
            var started = _time.GetTimestamp();
            var addresses = await ResolveAsync(endPoint.Host, cancellationToken);
            dial.Dns = _time.GetElapsedTime(started);

            started = _time.GetTimestamp();
            var socket = await RaceAsync(Interleave(addresses), endPoint.Port, cancellationToken);
            dial.Connect = _time.GetElapsedTime(started);
            dial.ConnectedAt = _time.GetTimestamp();
            dial.Remote = socket.RemoteEndPoint;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failure) when (!IsOrigin(endPoint))
        {
            throw new ProxyUnreachableException(failure);
        }
    }

    /// <summary>The handler's plain text filter: the connection stands, TLS included.</summary>
    public ValueTask<Stream> WatchAsync(SocketsHttpPlaintextStreamFilterContext context, CancellationToken _)
    {
        // The CONNECT to a proxy is not the attempt's request: its bytes must not count as such.
        if (context.InitialRequestMessage.Method == HttpMethod.Connect)
        {
            return new(context.PlaintextStream);
        }

        var dial = TraceOf(context.InitialRequestMessage)?.Dialled ?? new ConnectionDial();
        dial.Used = true;
        if (context.PlaintextStream is SslStream tls)
        {
            dial.Tls = dial.ConnectedAt == 0 ? null : _time.GetElapsedTime(dial.ConnectedAt);
            dial.TlsVersion = NameOf(tls.SslProtocol);
        }

        // HTTP/2 writes the frames of all its requests from one loop: there is no telling whose write it is.
        return new(context.NegotiatedHttpVersion.Major >= 2
            ? context.PlaintextStream
            : new WatchedStream(context.PlaintextStream, dial, _time));
    }

    // The CONNECT to a proxy is the runtime's own request and lacks our option; the flow of control still knows.
    private static ConnectionTrace? TraceOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(ConnectionTrace.Key, out var trace) ? trace : ConnectionTrace.Current.Value;

    private static string NameOf(SslProtocols version) => version switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => version.ToString(),
    };

    private bool IsOrigin(DnsEndPoint endPoint) =>
        endPoint.Port == origin.Port
        && (string.Equals(endPoint.Host, origin.IdnHost, StringComparison.OrdinalIgnoreCase)
            || string.Equals(endPoint.Host, origin.Host, StringComparison.OrdinalIgnoreCase));

    private async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        var addresses = await surroundings.Resolve(host, cancellationToken);
        return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
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

    private async Task<Socket> RaceAsync(List<IPAddress> order, int port, CancellationToken cancellationToken)
    {
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

    /// <summary>The first connect that ends, or null when it is the next address's turn.</summary>
    private async Task<Task<Socket>?> FirstAsync(List<Task<Socket>> running, bool wait, CancellationToken cancellationToken)
    {
        var ended = Task.WhenAny(running);
        if (wait)
        {
            var turn = Task.Delay(Stagger, _time, cancellationToken);
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

/// <summary>The proxy on the way cannot be reached: to the handler it is a connect failure like any other.</summary>
internal sealed class ProxyUnreachableException(SocketException failure)
    : IOException($"The proxy cannot be reached: {failure.Message}", failure);
