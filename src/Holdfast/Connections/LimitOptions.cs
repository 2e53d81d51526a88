namespace Holdfast.Connections;

/// <summary>How large what clients send may be, and how long idle connections stay. Section <c>limits</c>.</summary>
public sealed class LimitOptions
{
    /// <summary>Largest request body in bytes. Default 67108864 (64 MB).</summary>
    public long RequestBody { get; set; } = 64L * 1024 * 1024;

    /// <summary>Largest request head (request line and headers) in bytes. Default 65536.</summary>
    public int RequestHeaders { get; set; } = 64 * 1024;

    /// <summary>How long a client may take to send its request head, and how long its body may pause. Default 120 s.</summary>
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Idle time advertised as <c>Keep-Alive: timeout=N</c> on connections that are not loopback; they are
    /// closed two seconds later. Loopback connections are never closed for idling. Default 600 s.</summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(600);
}
