using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Upstreams;

/// <summary>What every upstream needs from outside: the limits they share, time, the environment.</summary>
/// <param name="ConnectTimeout">Limit for setting up a connection: DNS, TCP, proxy and TLS together.</param>
/// <param name="Time">The clock.</param>
/// <param name="Environment">Reads an environment variable; null when it is not set.</param>
internal sealed record UpstreamSurroundings(
    TimeSpan ConnectTimeout, TimeProvider Time, Func<string, string?> Environment)
{
    /// <summary>Where upstreams log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Turns a host name into addresses of both families.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}
