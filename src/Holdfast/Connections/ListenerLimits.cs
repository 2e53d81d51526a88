using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Holdfast.Connections;

/// <summary>The limits of section <c>limits</c> that Kestrel keeps. It reads them again for each request (HTTP/2: each
/// connection), so that they may change while it runs.</summary>
internal static class ListenerLimits
{
    /// <summary>Kestrel's own "infinite" overflows and closes idle connections within a second (measured on 10.0.12).</summary>
    public static readonly TimeSpan Never = TimeSpan.FromDays(365);

    public static void ApplyTo(this LimitOptions limits, KestrelServerLimits kestrel)
    {
        kestrel.RequestHeadersTimeout = limits.RequestHeadersTimeout == Timeout.InfiniteTimeSpan ? Never : limits.RequestHeadersTimeout;
        kestrel.MaxRequestBodySize = limits.RequestBody;

        // Kestrel insists that a whole head fits into its request buffer.
        kestrel.MaxRequestBufferSize = Math.Max(kestrel.MaxRequestBufferSize ?? 0, limits.RequestHeaders);
        kestrel.MaxRequestHeadersTotalSize = limits.RequestHeaders;
        kestrel.MaxRequestLineSize = limits.RequestHeaders;
        kestrel.Http2.MaxRequestHeaderFieldSize = limits.RequestHeaders;
    }
}
