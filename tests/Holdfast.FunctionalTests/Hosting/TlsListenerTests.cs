using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Connections;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.AspNetCore.Http;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>Our own listener with TLS.</summary>
public sealed class TlsListenerTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_TLS_versions_are_spoken_and_HTTP2_is_offered(SslProtocols version)
    {
        using var certificates = new TestCertificates();
        await using var app = await StartAsync(certificates);

        await using var tls = await HandshakeAsync(app, certificates, version, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11);

        Assert.Equal(version, tls.SslProtocol);
        Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task The_chain_is_sent_so_a_client_that_knows_only_the_root_trusts_us()
    {
        using var certificates = new TestCertificates();
        await using var app = await StartAsync(certificates);

        using var http = NewClient(certificates, HttpVersion.Version11);
        var answer = await http.GetAsync(new Uri(Localhost(app), "/healthz")).WithinTestTimeout();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(HttpVersion.Version11, answer.Version);
    }

    [Fact]
    public async Task HTTP2_answers_bear_no_connection_headers()
    {
        using var certificates = new TestCertificates();
        await using var app = await StartAsync(certificates, asRemote: true);

        using var http = NewClient(certificates, HttpVersion.Version20);
        var answer = await http.GetAsync(new Uri(Localhost(app), "/x")).WithinTestTimeout();

        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal("hello", await answer.Content.ReadAsStringAsync());
        Assert.False(answer.Headers.NonValidated.Contains("Keep-Alive"));
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_a_restart()
    {
        using var certificates = new TestCertificates();
        var time = new ManualTime();
        await using var app = await StartAsync(certificates, time: time);
        await using var first = await HandshakeAsync(app, certificates, SslProtocols.None);

        certificates.Renew("CN=second");
        await using var tooSoon = await HandshakeAsync(app, certificates, SslProtocols.None);
        time.Advance(TimeSpan.FromSeconds(3));
        await using var second = await HandshakeAsync(app, certificates, SslProtocols.None);

        Assert.Equal("CN=first", first.RemoteCertificate!.Subject);
        Assert.Equal("CN=first", tooSoon.RemoteCertificate!.Subject);
        Assert.Equal("CN=second", second.RemoteCertificate!.Subject);
        Assert.Contains("CN=second", (await app.Log.WaitForAsync("The certificate was renewed")).Message);
    }

    [Fact]
    public async Task A_broken_renewal_keeps_the_old_certificate_and_is_said_once()
    {
        using var certificates = new TestCertificates();
        var time = new ManualTime();
        await using var app = await StartAsync(certificates, time: time);

        await File.WriteAllTextAsync(certificates.Files.Certificate, "-----BEGIN CERTIFICATE-----\nhalf");
        for (var handshake = 0; handshake < 3; handshake++)
        {
            time.Advance(TimeSpan.FromSeconds(3));
            await using var tls = await HandshakeAsync(app, certificates, SslProtocols.None);
            Assert.Equal("CN=first", tls.RemoteCertificate!.Subject);
        }

        Assert.Single(app.Log.Entries, entry => entry.Message.Contains("cannot be used", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named_with_their_setting()
    {
        using var certificates = new TestCertificates();
        var noFile = CertificateStore.Problem(new TlsOptions { Certificate = "/nowhere/a.pem", Key = certificates.Files.Key });
        File.WriteAllText(certificates.Files.Key, "no key");
        var noKey = CertificateStore.Problem(certificates.Files);

        Assert.Contains("tls.certificate (/nowhere/a.pem)", noFile);
        Assert.Contains("tls.key", noKey);
    }

    [Fact]
    public async Task Plain_HTTP_on_a_TLS_port_counts_as_a_failed_handshake()
    {
        using var certificates = new TestCertificates();
        await using var app = await StartAsync(certificates);
        await using var client = await RawHttpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, app.Address.Port));

        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

        await app.CountedAsync(SocketEvent.HandshakeFailed);
        await app.AllClosedAsync();
        Assert.Equal(0, app.Counters[SocketEvent.ResetBeforeRequest]);
    }

    [Fact]
    public async Task Resets_are_told_apart_below_TLS_as_well()
    {
        using var certificates = new TestCertificates();
        await using var app = await StartAsync(certificates, async http =>
        {
            await http.Response.WriteAsync("first");
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        var idle = await RawHttpClient.ConnectAsync(Localhost(app));
        await idle.RequestAsync("GET", "/healthz");
        var streaming = await RawHttpClient.ConnectAsync(Localhost(app));
        await streaming.RequestAsync("GET", "/x");
        await streaming.ReadPieceAsync();

        idle.Reset();
        streaming.Reset();

        await app.AllClosedAsync();
        Assert.Equal(1, app.Counters[SocketEvent.ResetBeforeRequest]);
        Assert.Equal(1, app.Counters[SocketEvent.ResetMidAnswer]);
    }

    [Fact]
    public async Task An_idle_TLS_connection_of_another_machine_is_closed_and_its_goodbye_is_no_race()
    {
        using var certificates = new TestCertificates();
        var time = new ManualTime();
        await using var app = await StartAsync(certificates, asRemote: true, time: time);
        await using var client = await RawHttpClient.ConnectAsync(Localhost(app));
        var answer = await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(602));

        time.Advance(TimeSpan.FromSeconds(602));
        await client.WaitForCloseAsync();
        client.Close();

        await app.AllClosedAsync();
        Assert.Equal("timeout=600", answer.Header("keep-alive"));
        Assert.Equal(1, app.Counters[SocketEvent.IdleClosedByUs]);
        Assert.Equal(0, app.Counters[SocketEvent.KeepAliveRace]);
    }

    private static Task<ListeningApp> StartAsync(
        TestCertificates certificates, RequestDelegate? answer = null, bool asRemote = false, TimeProvider? time = null) =>
        ListeningApp.StartAsync(
            answer,
            options => (options.Listen, options.Tls) = (["https://127.0.0.1:0"], certificates.Files),
            asRemote, time);

    private static Uri Localhost(ListeningApp app) => new($"https://localhost:{app.Address.Port}");

    private static async Task<SslStream> HandshakeAsync(
        ListeningApp app, TestCertificates certificates, SslProtocols version, params SslApplicationProtocol[] protocols)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, app.Address.Port).WithinTestTimeout();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            ApplicationProtocols = [.. protocols],
            CertificateChainPolicy = Trusting(certificates),
        }).WithinTestTimeout();
        return tls;
    }

    private static HttpClient NewClient(TestCertificates certificates, Version version) => new(new SocketsHttpHandler
    {
        SslOptions = { CertificateChainPolicy = Trusting(certificates) },
    })
    {
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static X509ChainPolicy Trusting(TestCertificates certificates) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { certificates.Root },
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
