using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Holdfast.Hosting;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.AspNetCore.Http;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>What the listeners themselves promise: addresses, probes, sizes.</summary>
public sealed class ListenersTests
{
    [Fact]
    public async Task Both_IP_families_can_be_listened_on()
    {
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Listen = ["http://127.0.0.1:0", "http://[::1]:0"]);

        foreach (var address in app.Addresses)
        {
            await using var client = await RawHttpClient.ConnectAsync(
                new IPEndPoint(IPAddress.Parse(address.IdnHost), address.Port));
            Assert.Equal(200, (await client.RequestAsync("GET", "/healthz")).Status);
        }

        Assert.Equal([AddressFamily.InterNetwork, AddressFamily.InterNetworkV6], app.Addresses
            .Select(address => IPAddress.Parse(address.IdnHost).AddressFamily));
    }

    [Fact]
    public async Task Localhost_means_both_loopback_addresses()
    {
        var (app, port) = await StartOnLocalhostAsync();
        await using var _ = app;

        foreach (var loopback in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            await using var client = await RawHttpClient.ConnectAsync(new IPEndPoint(loopback, port));
            Assert.Equal(200, (await client.RequestAsync("GET", "/healthz")).Status);
        }
    }

    /// <summary>A port that was free a moment ago may be another test's by now.</summary>
    private static async Task<(ListeningApp App, int Port)> StartOnLocalhostAsync()
    {
        for (var tries = 0; ; tries++)
        {
            var port = FreePort();
            try
            {
                return (await ListeningApp.StartAsync(configure: options => options.Listen = [$"http://localhost:{port}"]), port);
            }
            catch (IOException) when (tries < 20)
            {
                // Taken: another one.
            }
        }
    }

    [Theory]
    [InlineData("GET", "/", 200, "Holdfast")]
    [InlineData("HEAD", "/", 200, "")]
    [InlineData("HEAD", "/api/hello", 200, "")]
    [InlineData("GET", "/healthz", 200, "\"status\":\"ok\"")]
    [InlineData("HEAD", "/healthz", 200, "")]
    [InlineData("GET", "/readyz", 200, "\"status\":\"ok\"")]
    [InlineData("HEAD", "/readyz", 200, "")]
    [InlineData("OPTIONS", "/v1/messages", 204, "")]
    [InlineData("OPTIONS", "*", 204, "")]
    [InlineData("GET", "/anything/else", 200, "hello")]
    public async Task Probes_are_answered_at_once(string method, string path, int status, string part)
    {
        await using var app = await ListeningApp.StartAsync();
        await using var client = await app.ConnectAsync();

        var answer = await client.RequestAsync(method, path);
        var body = await client.ReadTextAsync();

        Assert.Equal(status, answer.Status);
        Assert.Contains(part, body);
        Assert.Equal(part.Length == 0, body.Length == 0);
        Assert.Null(answer.Header("server"));
        Assert.Null(answer.Header("access-control-allow-origin"));
    }

    [Fact]
    public async Task Health_names_the_version()
    {
        await using var app = await ListeningApp.StartAsync();
        await using var client = await app.ConnectAsync();

        await client.RequestAsync("GET", "/healthz");
        var health = JsonSerializer.Deserialize<Dictionary<string, string>>(await client.ReadTextAsync())!;

        Assert.Equal(ProbeEndpoints.Version, health["version"]);
        Assert.Matches(@"^\d+\.\d+\.\d+", health["version"]);
    }

    [Fact]
    public async Task An_expected_100_Continue_is_sent_and_an_unasked_one_is_not()
    {
        await using var app = await ListeningApp.StartAsync(CountBodyAsync);
        using var socket = new TcpClient();
        await socket.ConnectAsync(app.Address.Host, app.Address.Port);
        await using var client = await app.ConnectAsync();

        await socket.GetStream().WriteAsync(
            "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        var interim = new byte[25];
        await socket.GetStream().ReadExactlyAsync(interim).WithinTestTimeout();
        var unasked = await client.RequestAsync("POST", "/x", "body");

        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n"u8, interim);
        Assert.Empty(unasked.Interim);
    }

    [Fact]
    public async Task A_body_of_48_MB_passes()
    {
        await using var app = await ListeningApp.StartAsync(CountBodyAsync);
        await using var client = await app.ConnectAsync();

        await client.RequestAsync("POST", "/x", new byte[48 * 1024 * 1024]);

        Assert.Equal((48 * 1024 * 1024).ToString(), await client.ReadTextAsync());
    }

    [Fact]
    public async Task A_client_that_is_still_sending_too_large_a_body_can_read_the_413()
    {
        await using var app = await ListeningApp.StartAsync(
            async http =>
            {
                try
                {
                    await CountBodyAsync(http);
                }
                catch (BadHttpRequestException e)
                {
                    http.Response.StatusCode = e.StatusCode;
                    await http.Response.WriteAsync("too large");
                }
            },
            options => options.Limits.RequestBody = 1024 * 1024);
        await using var client = await app.ConnectAsync();

        var answer = await client.RequestAsync("POST", "/x", new byte[8 * 1024 * 1024]);

        Assert.Equal(413, answer.Status);
        Assert.Equal("too large", await client.ReadTextAsync());
    }

    [Fact]
    public async Task A_POST_that_offers_an_upgrade_to_h2c_is_served_as_it_is()
    {
        await using var app = await ListeningApp.StartAsync(CountBodyAsync);
        await using var client = await app.ConnectAsync();

        var answer = await client.RequestAsync(
            "POST", "/x", "body",
            ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAEAAEAAAAIAAAAB"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("4", await client.ReadTextAsync());
    }

    private static async Task CountBodyAsync(HttpContext http)
    {
        var length = 0L;
        var buffer = new byte[64 * 1024];
        for (var read = -1; read != 0; length += read)
        {
            read = await http.Request.Body.ReadAsync(buffer);
        }

        await http.Response.WriteAsync(length.ToString());
    }

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
