
namespace Holdfast.Routing;

/// <summary>How long each step of an exchange may take. Section <c>timeouts</c>. <c>"off"</c> disables one.</summary>
public sealed class TimeoutOptions
{
    /// <summary>Setting up a connection to an upstream: DNS, TCP, proxy and TLS together. Default 10 s.
    /// <c>CONNECT_TIMEOUT</c> (seconds) overrides.</summary>
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the first byte of a streamed answer's body. Default 5 min.
    /// <c>STREAM_TIMEOUT</c> (seconds) overrides.</summary>
    public TimeSpan FirstByte { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A whole answer that is not streamed. Default 10 min. <c>REQUEST_TIMEOUT</c> (seconds) overrides.</summary>
    public TimeSpan Request { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Any exchange in all. Default off: a turn may take as long as it needs (R74).</summary>
    public TimeSpan Total { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long a stopping gateway lets running turns finish. Default 5 min; a second signal ends it at once.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromMinutes(5);
}
