using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Simulator;

/// <summary>How a simulated upstream listens and what it keeps. Every default suits a test.</summary>
public sealed record SimulatorOptions
{
    /// <summary>Where to listen. Default: a free port of 127.0.0.1.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>TLS, or null for plain HTTP. Default null.</summary>
    public SimulatorTls? Tls { get; init; }

    /// <summary>The clock of all delays. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Whether requests are kept, with their bodies, for a test to look at. Default true.</summary>
    public bool KeepRequests { get; init; } = true;

    /// <summary>Idle time after an answer until the connection gets FIN. Default null: never.</summary>
    public TimeSpan? IdleClose { get; init; }

    /// <summary>Up to this much is added to <see cref="IdleClose"/>, anew for each wait. Default 0.</summary>
    public TimeSpan IdleCloseJitter { get; init; }

    /// <summary>What happens to connections that the script does not name. Default: they are served.</summary>
    public ConnectionFault Connections { get; init; }

    /// <summary>
    /// The model that models not named <c>sim…</c> behave like, for clients that cannot be told a name.
    /// Default null: they are not found.
    /// </summary>
    public string? OtherModels { get; init; }
}

/// <summary>The TLS side of a simulated upstream.</summary>
/// <param name="Certificate">Certificate with its private key.</param>
public sealed record SimulatorTls(X509Certificate2 Certificate)
{
    /// <summary>Protocol versions on offer. Default: 1.2 and 1.3.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;
}

/// <summary>What happens to a connection before any request is read.</summary>
public enum ConnectionFault
{
    /// <summary>Nothing: it is served.</summary>
    None,

    /// <summary>RST at once.</summary>
    Reset,

    /// <summary>FIN at once.</summary>
    Close,

    /// <summary>Accepted, never read, never answered.</summary>
    Blackhole,
}
