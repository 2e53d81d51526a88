using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Wire.Errors;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>A corporate proxy on the way to an upstream.</summary>
public sealed class UpstreamProxyTests(TestCertificates certificates) : UpstreamTestBase, IClassFixture<TestCertificates>
{
    private static readonly string Expected =
        "Proxy-Authorization: Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("worker:pa:ss"));

    [Fact]
    public async Task A_tunnel_through_the_proxy_carries_the_request()
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        await using var proxy = RawUpstream.Start(connection => TunnelAsync(connection, server.Port));
        using var upstream = Through(proxy, server.Url);

        var first = await AttemptAsync(upstream);
        var second = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.False(first.Trace.Reused);
        Assert.Equal("TLSv1.3", first.Trace.TlsVersion);
        Assert.True(second.Trace.Reused);
        Assert.Equal(1, proxy.Requests);
    }

    [Fact]
    public async Task The_credentials_in_the_proxy_URL_are_given_when_it_asks()
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        await using var proxy = RawUpstream.Start(connection => TunnelAsync(connection, server.Port, demand: true));
        using var upstream = Through(proxy, server.Url, "worker:pa%3Ass@");

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("worker:wrong@")]
    public async Task A_proxy_that_asks_for_other_credentials_is_a_class_of_its_own_and_no_secret_is_told(string user)
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        await using var proxy = RawUpstream.Start(connection => TunnelAsync(connection, server.Port, demand: true));
        using var upstream = Through(proxy, server.Url, user);

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamProxy, outcome.Failure?.Code);
        Assert.Contains("407", outcome.Failure!.Detail);
        Assert.DoesNotContain("wrong", outcome.Failure.Detail);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task A_proxy_that_asks_for_credentials_for_plain_http_is_the_same()
    {
        await using var proxy = RawUpstream.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        });
        using var upstream = Through(proxy, new("http://upstream.example"));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamProxy, outcome.Failure?.Code);
    }

    [Theory]
    [InlineData("https://upstream.example")]
    [InlineData("http://upstream.example")]
    public async Task A_proxy_that_cannot_be_reached_is_the_proxys_failure(string url)
    {
        await using var proxy = RawUpstream.StartOk();
        using var upstream = Through(proxy, new(url));
        await proxy.DisposeAsync();

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamProxy, outcome.Failure?.Code);
        Assert.Contains("refused", outcome.Failure!.Detail);
    }

    private Holdfast.Upstreams.Upstream Through(RawUpstream proxy, Uri url, string user = "") => Connect(url, options =>
    {
        options.Proxy = $"http://{user}127.0.0.1:{proxy.Port}";
        options.CaFile = certificates.RootFile;
    });

    private static async Task TunnelAsync(RawConnection connection, int port, bool demand = false)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            if (!demand || request.Contains(Expected, StringComparison.Ordinal))
            {
                break;
            }

            await connection.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\n"
                + "Proxy-Authenticate: Basic realm=\"office\"\r\nContent-Length: 0\r\n\r\n");
        }

        using var target = new TcpClient();
        await target.ConnectAsync(IPAddress.Loopback, port);
        await connection.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n");
        var there = connection.Stream.CopyToAsync(target.GetStream());
        var back = target.GetStream().CopyToAsync(connection.Stream);
        await Task.WhenAny(there, back);
    }
}
