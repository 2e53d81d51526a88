using System.Text.Json;
using Holdfast.Sinks;

namespace Holdfast.Connections;

/// <summary>What can happen to a client's connection below the level of an exchange.</summary>
internal enum SocketEvent
{
    /// <summary>A client connected.</summary>
    Accepted,

    /// <summary>What came is not HTTP, or HTTP beyond our limits; answered with a bare 4xx and closed.</summary>
    ProtocolError,

    /// <summary>A request head was not complete within <c>limits.requestHeadersTimeout</c>; answered with
    /// 408.</summary>
    HeaderTimeout,

    /// <summary>A TLS handshake failed or was given up.</summary>
    HandshakeFailed,

    /// <summary>We closed a connection because it was idle.</summary>
    IdleClosedByUs,

    /// <summary>The client reset a connection on which no request was under way.</summary>
    ResetBeforeRequest,

    /// <summary>The client reset a connection after a request had begun and before its answer had.</summary>
    ResetMidRequest,

    /// <summary>The client reset a connection between the first and the last byte of an answer.</summary>
    ResetMidAnswer,

    /// <summary>Bytes arrived on a connection that we were closing: most likely a request that crossed our
    /// FIN.</summary>
    KeepAliveRace,

    /// <summary>We gave up a client whose machine no longer acknowledges what we send.</summary>
    HalfOpenClient,
}

/// <summary>Counts what happens to client connections. Owns the numbers, not the decision what to count.
/// Safe for use from any thread.</summary>
internal sealed class SocketCounters(Recorder? recorder = null)
{
    private readonly long[] _counts = new long[Enum.GetValues<SocketEvent>().Length];
    private long _open;

    /// <summary>How many connections are open now.</summary>
    public long Open => Interlocked.Read(ref _open);

    /// <summary>How often this happened since the start.</summary>
    public long this[SocketEvent what] => Interlocked.Read(ref _counts[(int)what]);

    /// <summary>Counts and records that something happened to a connection.</summary>
    /// <param name="what">What happened.</param>
    /// <param name="connection">The connection's id.</param>
    public void Count(SocketEvent what, string? connection)
    {
        Interlocked.Increment(ref _counts[(int)what]);
        recorder?.SocketEvent(NameOf(what), connection);
    }

    public void ConnectionOpened()
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _counts[(int)SocketEvent.Accepted]);
    }

    public void ConnectionEnded() => Interlocked.Decrement(ref _open);

    /// <summary>The word for it in metrics, status and recordings.</summary>
    public static string NameOf(SocketEvent what) => JsonNamingPolicy.SnakeCaseLower.ConvertName(what.ToString());

    /// <summary>All counts at this moment.</summary>
    public IReadOnlyDictionary<SocketEvent, long> Snapshot() =>
        Enum.GetValues<SocketEvent>().ToDictionary(what => what, what => this[what]);
}
