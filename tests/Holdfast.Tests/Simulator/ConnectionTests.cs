using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;

namespace Holdfast.Tests.Simulator;

public sealed class ConnectionTests
{
    private const string Sim = """{"model":"sim"}""";

    [Fact]
    public async Task Requests_on_one_connection_are_counted_and_kept_as_they_came()
    {
        await using var upstream = SimulatedUpstream.Start();
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        await client.PostAsync("/v1/messages?beta=true", Sim, "X-Twice: 1\r\nx-twice:  2 \r\n");
        await client.PostAsync("/v1/chat/completions", """{"model":"sim-n1"}""");

        Assert.Equal((2, 1, 1), (upstream.RequestCount, upstream.ConnectionCount, upstream.OpenConnections));
        var (first, second) = (upstream.Requests[0], upstream.Requests[1]);
        Assert.Equal((1, 1, 1), (first.Number, first.Connection, first.NumberOnConnection));
        Assert.Equal((2, 1, 2), (second.Number, second.Connection, second.NumberOnConnection));
        Assert.Equal(("/v1/messages?beta=true", "/v1/messages", Sim), (first.Target, first.Path, first.BodyText));
        Assert.Equal([new("X-Twice", "1"), new("x-twice", "2")], first.Headers.Skip(1).Take(2));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sim))), first.Sha256);
        Assert.StartsWith("POST /v1/messages?beta=true HTTP/1.1\r\nhost: sim\r\nX-Twice: 1\r\nx-twice:  2 \r\n",
            Encoding.ASCII.GetString(first.Head.Span));
        Assert.Equal((SimulatedProtocol.Chat, "sim-n1"), (second.Protocol, second.Model));
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var upstream = SimulatedUpstream.Start();
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        await client.SendAsync(RawClient.Post("/v1/messages", """{"model":"sim-n3-i1","stream":true}""")
            + RawClient.Post("/v1/messages", Sim) + "GET /v1/models HTTP/1.1\r\n\r\n");

        Assert.Contains("message_stop", (await client.ReadAnswerAsync()).Text);
        Assert.Contains("msg_sim", (await client.ReadAnswerAsync()).Text);
        Assert.Contains("\"list\"", (await client.ReadAnswerAsync()).Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(100_000)]
    public async Task A_chunked_body_arrives_whole(int chunk)
    {
        var body = $$"""{"model":"sim","x":"{{new string('x', 300_000)}}"}"""[..Math.Min(300_000, chunk * 3000)] + "\"}";
        body = chunk == 1 ? Sim : body;
        await using var upstream = SimulatedUpstream.Start();
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);
        var chunks = string.Concat(body.Chunk(chunk).Select(c => $"{c.Length:X};x=y\r\n{new string(c)}\r\n"));

        await client.SendAsync("POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        await client.SendAsync(chunks + "0\r\ntrailer: x\r\n\r\n" + RawClient.Post("/v1/messages", Sim));

        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        Assert.Equal([body, Sim], upstream.Requests.Select(r => r.BodyText));
    }

    [Fact]
    public async Task An_answer_may_come_before_the_body_it_refuses()
    {
        await using var upstream = SimulatedUpstream.Start();
        upstream.Script(Answer.Error(413).BeforeBody());
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        await client.SendAsync("POST /v1/messages HTTP/1.1\r\ncontent-length: 1000000\r\n\r\n{");
        var answer = await client.ReadAnswerAsync();

        Assert.Equal((413, "close"), (answer.Status, answer.Header("connection")));
        Assert.Equal(0, upstream.RequestCount);
    }

    [Fact]
    public async Task An_answer_may_never_come()
    {
        await using var upstream = SimulatedUpstream.Start();
        upstream.Script(Answer.Never());
        var client = await RawClient.ConnectAsync(upstream.Endpoint);
        await client.SendAsync(RawClient.Post("/v1/messages", Sim));
        var request = await upstream.NextRequestAsync().WaitAsync(RawClient.Deadline);

        client.Dispose();

        Assert.Equal(AnswerEnd.ClientGone, await request.Answered.WaitAsync(RawClient.Deadline));
        Assert.Equal(0, upstream.OpenRequests);
    }

    [Fact]
    public async Task A_client_that_waits_for_100_continue_gets_it()
    {
        await using var upstream = SimulatedUpstream.Start();
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        await client.SendAsync("POST /v1/messages HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 15\r\n\r\n");
        var interim = await client.ReadAnswerAsync();
        await client.SendAsync(Sim);
        var answer = await client.ReadAnswerAsync();

        Assert.Equal((100, 200), (interim.Status, answer.Status));
    }

    [Fact]
    public async Task A_large_body_is_echoed_by_its_hash_and_not_kept_unless_asked()
    {
        var body = $$"""{"model":"sim-echo","x":"{{new string('ö', 4_000_000)}}"}""";
        await using var upstream = SimulatedUpstream.Start(new SimulatorOptions { KeepRequests = false });
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        var answer = await client.PostAsync("/v1/messages?a=%20b", body, "Authorization: Bearer secret\r\n");

        var echo = JsonDocument.Parse(answer.Body).RootElement;
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), echo.GetProperty("sha256").GetString());
        Assert.Equal("/v1/messages?a=%20b", echo.GetProperty("target").GetString());
        Assert.DoesNotContain("secret", answer.Text);
        Assert.Equal((1, 0), (upstream.RequestCount, upstream.Requests.Count));
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001 hello", "400")]
    [InlineData("POST /v1/messages\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", "413")]
    public async Task What_is_not_http_is_refused_and_not_counted(string bytes, string status)
    {
        await using var upstream = SimulatedUpstream.Start();
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        await client.SendAsync(bytes);
        var (text, end) = await client.ReadToEndAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", text);
        Assert.Equal((RawEnd.Fin, 0), (end, upstream.RequestCount));
    }

    [Theory]
    [InlineData("/v1/messages", "{", 400)]
    [InlineData("/v1/messages", "{}", 400)]
    [InlineData("/v1/embeddings", "{}", 404)]
    [InlineData("/v1/models", "{}", 405)]
    public async Task Bad_requests_get_an_error_of_the_protocols_shape(string path, string body, int status)
    {
        await using var upstream = SimulatedUpstream.Start();
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        var answer = await client.PostAsync(path, body);

        Assert.Equal(status, answer.Status);
        var error = JsonDocument.Parse(answer.Body).RootElement.GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Connections_are_reset_closed_or_swallowed_as_scripted()
    {
        await using var upstream = SimulatedUpstream.Start();
        upstream.ScriptConnections(ConnectionFault.Reset, ConnectionFault.Close, ConnectionFault.Blackhole);
        Assert.Equal(RawEnd.Reset, await ConnectAndReadAsync(upstream));
        using var close = await RawClient.ConnectAsync(upstream.Endpoint);
        Assert.Equal(("", RawEnd.Fin), await close.ReadToEndAsync());
        using var blackhole = await RawClient.ConnectAsync(upstream.Endpoint);
        await blackhole.SendAsync(RawClient.Post("/v1/messages", Sim));
        using var served = await RawClient.ConnectAsync(upstream.Endpoint);

        Assert.Equal(200, (await served.PostAsync("/v1/messages", Sim)).Status);
        Assert.Equal((4, 1), (upstream.ConnectionCount, upstream.RequestCount));
        Assert.Equal(0, blackhole.Socket.Available);
    }

    /// <summary>A reset this early may already show in the connect.</summary>
    private static async Task<RawEnd> ConnectAndReadAsync(SimulatedUpstream upstream)
    {
        try
        {
            using var client = await RawClient.ConnectAsync(upstream.Endpoint);
            return (await client.ReadToEndAsync()).End;
        }
        catch (SocketException)
        {
            return RawEnd.Reset;
        }
    }

    [Fact]
    public async Task An_idle_connection_gets_fin_after_its_time()
    {
        await using var upstream = SimulatedUpstream.Start(new SimulatorOptions
        {
            IdleClose = TimeSpan.FromMilliseconds(30),
            IdleCloseJitter = TimeSpan.FromMilliseconds(20),
        });
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        await client.PostAsync("/v1/messages", Sim);

        Assert.Equal(("", RawEnd.Fin), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Idle_connections_can_be_closed_and_all_can_be_reset()
    {
        await using var upstream = SimulatedUpstream.Start();
        using var idle = await RawClient.ConnectAsync(upstream.Endpoint);
        using var busy = await RawClient.ConnectAsync(upstream.Endpoint);
        await idle.PostAsync("/v1/messages", Sim);
        await busy.SendAsync(RawClient.Post("/v1/messages", """{"model":"sim-stall1","stream":true}"""));
        await busy.TakeUntilAsync("Holdfast");

        // The answer is out before the connection counts as idle again.
        await Wait.UntilAsync(() => upstream.IdleConnections == 1);
        upstream.CloseIdleConnections();
        Assert.Equal(("", RawEnd.Fin), await idle.ReadToEndAsync());
        upstream.ResetConnections();
        Assert.Equal(RawEnd.Reset, (await busy.ReadToEndAsync()).End);
        Assert.Equal(ClientEnd.EndedByUs, await upstream.WhenClientGoneAsync(2).WaitAsync(RawClient.Deadline));
    }

    [Fact]
    public async Task An_answer_may_be_the_connections_last()
    {
        await using var upstream = SimulatedUpstream.Start();
        upstream.Script(Answer.Ok().ThenClose());
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);

        var answer = await client.PostAsync("/v1/messages", Sim);

        Assert.Equal("close", answer.Header("connection"));
        Assert.Equal(("", RawEnd.Fin), await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Tls_speaks_the_version_it_is_told(SslProtocols version)
    {
        using var certificates = SimulatorCertificates.Create();
        await using var upstream = SimulatedUpstream.Start(new SimulatorOptions
        {
            Tls = new SimulatorTls(certificates.Server) { Protocols = version },
        });
        using var client = await RawClient.ConnectAsync(upstream.Endpoint);
        await using var tls = new SslStream(new NetworkStream(client.Socket));
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { certificates.Authority },
            RevocationMode = X509RevocationMode.NoCheck,
        };

        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = policy,
        }).WaitAsync(RawClient.Deadline);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(RawClient.Post("/v1/messages", Sim, "connection: close\r\n")));
        var text = await new StreamReader(tls).ReadToEndAsync().WaitAsync(RawClient.Deadline);

        Assert.Equal(version, tls.SslProtocol);
        Assert.StartsWith("HTTP/1.1 200 OK", text);
    }

    [Fact]
    public async Task Certificates_are_written_as_pem()
    {
        using var certificates = SimulatorCertificates.Create();
        var directory = Directory.CreateTempSubdirectory();

        var (authority, certificate, key) = certificates.WritePem(directory.FullName);

        using var loaded = X509Certificate2.CreateFromPemFile(certificate, key);
        Assert.True(loaded.HasPrivateKey);
        Assert.StartsWith("-----BEGIN CERTIFICATE-----", await File.ReadAllTextAsync(authority));
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_closed_port_refuses_and_a_full_backlog_does_not_answer()
    {
        using var closed = ClosedPort.Reserve();
        using var full = await FullBacklog.StartAsync();

        var refused = await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(closed.Endpoint));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var hanging = client.ConnectAsync(full.Endpoint);

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.False(hanging.IsCompleted);
    }
}
