using Holdfast.Wire.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Connections;

/// <summary>Keeps web pages from driving the gateway with their visitor's network: checks <c>Host</c> against DNS
/// rebinding and <c>Origin</c> against cross-site requests. Decides from the request's head alone; writes
/// nothing.</summary>
internal sealed class RequestGuard
{
    private readonly HashSet<string> _hosts;
    private readonly HashSet<string> _origins;
    private string? _lastHost;

    /// <param name="listeners">The addresses listened on; their hosts are our own names.</param>
    /// <param name="hosts">Other names that are ours.</param>
    /// <param name="origins">Origins of pages that may call.</param>
    public RequestGuard(IEnumerable<string> listeners, IEnumerable<string> hosts, IEnumerable<string> origins)
    {
        var names = listeners.Select(listener => new Uri(listener).Host);
        _hosts = new HashSet<string>(
            ["localhost", "127.0.0.1", "[::1]", .. names, .. hosts.Select(Bracketed)],
            StringComparer.OrdinalIgnoreCase);
        _origins = new HashSet<string>(origins, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The error to refuse a request with; null for one that may pass.</summary>
    public ErrorCode? Check(HttpContext http)
    {
        if (!IsOurHost(http))
        {
            return ErrorCodes.HostNotAllowed;
        }

        return IsOurOrigin(http.Request) ? null : ErrorCodes.OriginNotAllowed;
    }

    /// <summary>Whether the request asks to become a WebSocket: answered 426 everywhere, on which Codex goes on
    /// over HTTP at once.</summary>
    public static bool IsWebSocketUpgrade(HttpContext http)
    {
        var isHttp2Upgrade = http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };
        return isHttp2Upgrade
            || (http.Request.Headers.Upgrade.Count > 0
                && http.Request.Headers.GetCommaSeparatedValues("Upgrade")
                    .Contains("websocket", StringComparer.OrdinalIgnoreCase));
    }

    // A page whose name was rebound to 127.0.0.1 still sends its own name. On other addresses any name may be ours.
    private bool IsOurHost(HttpContext http)
    {
        // Clients name one host over and over: comparing with the last that was in order is all most requests need.
        var stated = http.Request.Headers.Host.ToString();
        if (stated == _lastHost)
        {
            return true;
        }

        if (!IsOurHost(http, out var isByName))
        {
            return false;
        }

        _lastHost = isByName ? stated : _lastHost;
        return true;
    }

    private bool IsOurHost(HttpContext http, out bool isByName)
    {
        isByName = false;
        if (http.Connection.LocalIpAddress is { } local && !Loopback.Contains(local))
        {
            return true;
        }

        var host = http.Request.Host.Host.TrimEnd('.');

        // Only HTTP/1.0 may leave it out, and no browser speaks that.
        isByName = _hosts.Contains(host) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        return isByName || host.Length == 0;
    }

    private bool IsOurOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
        {
            return request.Headers["Sec-Fetch-Site"] != "cross-site" || IsNavigation(request);
        }

        return _origins.Contains(origin)
            || origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
    }

    // A link on some page that leads a person here. It changes nothing, and that page cannot read the answer.
    private static bool IsNavigation(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    private static string Bracketed(string host) => host.Contains(':') && host[0] != '[' ? $"[{host}]" : host;
}
