using System.Net;
using System.Text;

namespace Holdfast.Upstreams;

/// <summary>Builds the one handler an upstream sends through, or its sibling that never reuses a connection. Owns the
/// settings, not the connections.</summary>
internal static class UpstreamHandler
{
    public static SocketsHttpHandler Build(UpstreamOptions options, UpstreamSurroundings surroundings, bool reuse)
    {
        var dialer = new UpstreamDialer(options.BaseUrl, surroundings);
        var handler = new SocketsHttpHandler
        {
            // What the upstream says goes to the client as it is: redirects, cookies and encodings too.
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 128,

            // One byte, one character, as on the client's side.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

            PooledConnectionIdleTimeout = options.IdleTimeout,
            PooledConnectionLifetime = reuse ? options.ConnectionLifetime : TimeSpan.Zero,
            ConnectTimeout = surroundings.ConnectTimeout,

            // An answer given up is not worth waiting for: the upstream must learn of it at once.
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(250),

            EnableMultipleHttp2Connections = true,
            SslOptions = UpstreamTrust.Build(options, surroundings),
            ConnectCallback = dialer.DialAsync,
            PlaintextStreamFilter = dialer.WatchAsync,
        };
        if (options.Http2)
        {
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        }

        UseProxy(handler, options.Proxy);
        return handler;
    }

    /// <summary>Without a setting the runtime's own reading of <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and
    /// <c>NO_PROXY</c> stays.</summary>
    private static void UseProxy(SocketsHttpHandler handler, string? setting)
    {
        if (string.IsNullOrEmpty(setting))
        {
            return;
        }

        handler.UseProxy = !string.Equals(setting, "off", StringComparison.OrdinalIgnoreCase);
        if (!handler.UseProxy)
        {
            return;
        }

        var url = new Uri(setting);
        var proxy = new WebProxy(new Uri(url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)));
        if (url.UserInfo.Split(':', 2) is [{ Length: > 0 } user, ..] parts)
        {
            proxy.Credentials = new NetworkCredential(
                Uri.UnescapeDataString(user), Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : ""));
        }

        handler.Proxy = proxy;
    }
}
