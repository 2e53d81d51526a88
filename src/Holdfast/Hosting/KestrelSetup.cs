using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Configuration;
using Holdfast.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Holdfast.Hosting;

/// <summary>Turns the settings into Kestrel's listeners and limits. Owns no connection: <see cref="ConnectionWatch"/>
/// does.</summary>
internal static class KestrelSetup
{
    // Streams have no minimum rate and no idle limit here: they have clocks of their own, and a slow client is no
    // fault.
    private const int HeaderCount = 256;
    private const int Http2Streams = 256;
    private const int Backlog = 4096;

    /// <summary>Sets up the listeners of <c>listen</c> with everything below a request: limits, TLS, drain,
    /// counters.</summary>
    /// <param name="builder">The application to set up.</param>
    /// <param name="options">The checked settings.</param>
    /// <param name="treatsLoopbackAsRemote">For tests: idle limits and advertisements hold for this machine as
    /// well.</param>
    public static void ConfigureListeners(
        this WebApplicationBuilder builder, HoldfastOptions options, bool treatsLoopbackAsRemote = false)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SocketCounters>();
        services.AddSingleton(
            new KeepAliveTerms(options.Limits.KeepAlive) { TreatsLoopbackAsRemote = treatsLoopbackAsRemote });
        services.AddSingleton<ConnectionEndings>();
        services.AddSingleton<ConnectionWatch>();
        services.AddSingleton<RejectedRequests>();
        services.AddHostedService<HalfOpenClients>();
        services.AddDrain(options.Timeouts.Drain);
        services.Configure<SocketTransportOptions>(Configure);

        if (options.Listen.Any(IsHttps))
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Configure(kestrel, options.Limits);
            AddListeners(kestrel, options);
        });
    }

    private static void Configure(KestrelServerOptions kestrel, LimitOptions limits)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;

        // One byte, one character: whatever a header's bytes mean, they go on as they came.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        // Server-wide in Kestrel, so never; ConnectionWatch closes idle connections of other machines.
        kestrel.Limits.KeepAliveTimeout = ListenerLimits.Never;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
        kestrel.Limits.Http2.MaxStreamsPerConnection = Http2Streams;
        limits.ApplyTo(kestrel.Limits);
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    private static void Configure(SocketTransportOptions sockets)
    {
        sockets.Backlog = Backlog;
        sockets.NoDelay = true;

        // An open stream that is silent holds no receive buffer.
        sockets.WaitForDataBeforeAllocatingBuffer = true;
        sockets.CreateBoundListenSocket = CreateListenSocket;
    }

    // Accepted sockets inherit these: probes find dead clients and keep middleboxes from forgetting quiet ones.
    // Never TCP_USER_TIMEOUT: it would kill clients that read slowly.
    private static Socket CreateListenSocket(EndPoint endPoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        if (endPoint is IPEndPoint)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 6);
        }

        return socket;
    }

    private static void AddListeners(KestrelServerOptions kestrel, HoldfastOptions options)
    {
        var services = kestrel.ApplicationServices;
        var watch = services.GetRequiredService<ConnectionWatch>();
        services.GetRequiredService<RejectedRequests>().Listen(services.GetRequiredService<DiagnosticListener>());

        var certificate = options.Listen.Any(IsHttps)
            ? CertificateStore.Open(
                options.Tls ?? new TlsOptions(),
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<CertificateStore>>())
            : null;

        foreach (var text in options.Listen)
        {
            Listen(kestrel, new Uri(text), listener => Configure(listener, watch, IsHttps(text) ? certificate : null));
        }
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, Action<ListenOptions> configure)
    {
        if (IPAddress.TryParse(address.IdnHost, out var ip))
        {
            kestrel.Listen(ip, address.Port, configure);
        }
        else if (address.Port == 0)
        {
            // The two loopback addresses cannot share a port that is not known yet.
            kestrel.Listen(IPAddress.Loopback, 0, configure);
        }
        else
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
    }

    // Outermost the watch, which sees how the socket ends; innermost its plain half, which sees requests.
    private static void Configure(ListenOptions listener, ConnectionWatch watch, CertificateStore? certificate)
    {
        listener.Protocols = HttpProtocols.Http1;
        listener.Use(next => connection => watch.RunAsync(connection, next));
        if (certificate is not null)
        {
            listener.Protocols = HttpProtocols.Http1AndHttp2;
            listener.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(certificate.Current),
            });
        }

        listener.Use(next => connection => ConnectionWatch.RunPlainAsync(connection, next));
    }

    private static bool IsHttps(string listen) => listen.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
