using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Holdfast.Upstreams;

/// <summary>Opens the connections of one upstream: name resolution, the race of its addresses,
/// and the watch over what the connection carries. Owns no pool and no TLS.</summary>
internal sealed class UpstreamDialer(Uri origin, UpstreamSurroundings surroundings)
{
    private readonly TimeProvider _time = surroundings.Time;
    private readonly AddressRace _race = new(surroundings.Time);

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
            var socket = await _race.ConnectAsync(addresses, endPoint.Port, cancellationToken);
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

    // The CONNECT to a proxy is the runtime's own request; the flow of control still knows.
    private static ConnectionTrace? TraceOf(HttpRequestMessage request) =>
        request is UpstreamRequest ours ? ours.Trace : ConnectionTrace.Current.Value;

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
}

/// <summary>The proxy on the way cannot be reached: to the handler it is a connect failure like any other.</summary>
internal sealed class ProxyUnreachableException(SocketException failure)
    : IOException($"The proxy cannot be reached: {failure.Message}", failure);
