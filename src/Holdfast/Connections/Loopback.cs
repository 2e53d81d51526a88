using System.Net;

namespace Holdfast.Connections;

/// <summary>Who counts as a client on this machine.</summary>
internal static class Loopback
{
    private static readonly string[] ForwardingHeaders =
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port",
        "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl",
    ];

    /// <summary>Whether this is an address of this machine alone, also as IPv4 mapped into IPv6.</summary>
    public static bool Contains(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    /// <summary>Whether a request comes from this machine itself: a loopback peer, and no sign of a proxy that only
    /// stands on this machine. Connections without an address (unix sockets) are local.</summary>
    public static bool IsLoopbackClient(HttpContext http)
    {
        var isLocalPeer = ConnectionState.Of(http)?.IsLoopback
            ?? (http.Connection.RemoteIpAddress is not { } peer || Contains(peer));
        return isLocalPeer && !IsForwarded(http.Request);
    }

    /// <summary>Whether a proxy between the client and us says so.</summary>
    public static bool IsForwarded(HttpRequest request) => ForwardingHeaders.Any(request.Headers.ContainsKey);
}
