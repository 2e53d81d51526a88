using System.Net;

namespace Holdfast.Upstreams;

/// <summary>What the sockets did for one attempt. Written by the connection layer while the attempt runs, read by the
/// flight record. Owns no socket and decides nothing. Use a new one for every attempt.</summary>
internal sealed class ConnectionTrace
{
    /// <summary>The trace of the attempt this flow of control sends. A write on a pooled connection happens in the flow
    /// of the request it belongs to, so this tells whose write it is.</summary>
    internal static readonly AsyncLocal<ConnectionTrace?> Current = new();

    private ConnectionDial? _usedDial;

    /// <summary>Whether the attempt ran on a connection that had carried a request before. Exact on HTTP/1.1; on
    /// HTTP/2 true when no connection was dialled for it.</summary>
    public bool Reused { get; private set; }

    /// <summary>How many times a connection was dialled for this attempt; 0 when a pooled one was free.</summary>
    public int ConnectAttempts { get; private set; }

    /// <summary>Whether the attempt ran over HTTP/2.</summary>
    public bool Http2 { get; private set; }

    /// <summary>Time of name resolution; null on a reused connection, as the next two.</summary>
    public TimeSpan? Dns => Fresh?.Dns;

    /// <summary>Time of the TCP connect.</summary>
    public TimeSpan? Connect => Fresh?.Connect;

    /// <summary>Time of the TLS handshake; through a proxy, of the tunnel and the handshake.</summary>
    public TimeSpan? Tls => Fresh?.Tls;

    /// <summary>The TLS version agreed, as <c>TLSv1.3</c>; null without TLS.</summary>
    public string? TlsVersion => Dial?.TlsVersion;

    /// <summary>The peer's address: the upstream's, or the proxy's.</summary>
    public EndPoint? Remote => Dial?.Remote;

    /// <summary>When the last byte of the request was handed to the socket; 0 when none was.</summary>
    public long LastRequestByteAt { get; internal set; }

    /// <summary>When the first byte of the answer arrived; 0 when none did.</summary>
    public long FirstResponseByteAt { get; internal set; }

    /// <summary>When the connection was seen to end before any byte of the answer; 0 when that was not seen.</summary>
    public long EndedAt { get; internal set; }

    /// <summary>Whether any byte of the answer arrived.</summary>
    public bool AnyResponseByte => FirstResponseByteAt != 0;

    /// <summary>Whether anything of the request may have gone out. Exact on HTTP/1.1; on HTTP/2, where many requests share a
    /// connection, false only where no connection came about.</summary>
    public bool MayHaveSent => LastRequestByteAt != 0 || (MayShare && Dialled is not { Used: false });

    /// <summary>Whether the attempt may run on a connection that others use at the same time (HTTP/2).</summary>
    internal bool MayShare { get; set; }

    /// <summary>The connection dialled last for this attempt, whether or not the attempt ran on it.</summary>
    internal ConnectionDial? Dialled { get; private set; }

    private ConnectionDial? Dial => _usedDial ?? Dialled;

    private ConnectionDial? Fresh => Reused ? null : Dial;

    internal ConnectionDial BeginDial()
    {
        ConnectAttempts++;
        return Dialled = new ConnectionDial();
    }

    /// <summary>The first byte of the request goes out on the connection of this dial.</summary>
    internal void RunsOn(ConnectionDial dial, bool reused)
    {
        _usedDial = dial;
        Reused = reused;
        EndedAt = 0;
    }

    /// <summary>HTTP/2 frames of many requests share a connection: only the answer itself tells that it came.</summary>
    internal void AnsweredOverHttp2(long now)
    {
        Http2 = true;
        Reused = Dialled is not { Used: true };
        FirstResponseByteAt = now;
    }
}

/// <summary>How one connection came about; outlives the attempt it was dialled for.</summary>
internal sealed class ConnectionDial
{
    public TimeSpan? Dns { get; set; }

    public TimeSpan? Connect { get; set; }

    public TimeSpan? Tls { get; set; }

    public string? TlsVersion { get; set; }

    public EndPoint? Remote { get; set; }

    /// <summary>When the TCP connection stood; 0 before.</summary>
    public long ConnectedAt { get; set; }

    /// <summary>Whether the connection got as far as HTTP.</summary>
    public bool Used { get; set; }
}
