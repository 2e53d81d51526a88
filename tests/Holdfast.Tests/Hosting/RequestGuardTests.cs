using System.Net;
using Holdfast.Connections;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Tests.Hosting;

/// <summary>A web page must not be able to drive the gateway with its visitor's network.</summary>
public sealed class RequestGuardTests
{
    private static readonly RequestGuard Guard = new(
        ["http://127.0.0.1:8484", "http://127.8.8.8:8484"], ["host.docker.internal"], ["https://app.example"]);

    [Theory]
    [InlineData("localhost:8484", null)]
    [InlineData("LOCALHOST:8484", null)]
    [InlineData("localhost.:8484", null)]
    [InlineData("127.0.0.1:8484", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("[::1]:8484", null)]
    [InlineData("gateway.localhost:8484", null)]
    [InlineData("127.8.8.8:8484", null)]
    [InlineData("host.docker.internal:8484", null)]
    [InlineData("", null)]
    [InlineData("evil.example:8484", "host_not_allowed")]
    [InlineData("evil.example", "host_not_allowed")]
    [InlineData("localhost.evil.example", "host_not_allowed")]
    [InlineData("notlocalhost", "host_not_allowed")]
    [InlineData("192.168.1.7:8484", "host_not_allowed")]
    [InlineData("127.0.0.1.evil.example", "host_not_allowed")]
    public void On_loopback_the_host_must_be_a_name_of_ours(string host, string? refusal)
    {
        var http = Request(host);

        Assert.Equal(refusal, Guard.Check(http)?.Name);
    }

    [Fact]
    public void On_another_address_any_host_may_be_ours()
    {
        var http = Request("gateway.corp.example");
        http.Connection.LocalIpAddress = IPAddress.Parse("10.1.2.3");

        Assert.Null(Guard.Check(http));
    }

    [Fact]
    public void An_IPv4_address_mapped_into_IPv6_is_loopback_too()
    {
        var http = Request("evil.example");
        http.Connection.LocalIpAddress = IPAddress.Parse("::ffff:127.0.0.1");

        Assert.Equal("host_not_allowed", Guard.Check(http)?.Name);
    }

    [Theory]
    [InlineData("http://localhost:8484", null)]
    [InlineData("https://app.example", null)]
    [InlineData("https://APP.example", null)]
    [InlineData("https://evil.example", "origin_not_allowed")]
    [InlineData("http://app.example", "origin_not_allowed")]
    [InlineData("http://localhost:3000", "origin_not_allowed")]
    [InlineData("https://localhost:8484", "origin_not_allowed")]
    [InlineData("null", "origin_not_allowed")]
    [InlineData("vscode-webview://abc", "origin_not_allowed")]
    public void An_origin_must_be_our_own_or_allowed(string origin, string? refusal)
    {
        var http = Request("localhost:8484");
        http.Request.Headers.Origin = origin;

        Assert.Equal(refusal, Guard.Check(http)?.Name);
    }

    [Theory]
    [InlineData("POST", "cross-site", "no-cors", "empty", "origin_not_allowed")]
    [InlineData("GET", "cross-site", "no-cors", "image", "origin_not_allowed")]
    [InlineData("GET", "cross-site", "navigate", "iframe", "origin_not_allowed")]
    [InlineData("POST", "cross-site", "navigate", "document", "origin_not_allowed")]
    [InlineData("GET", "cross-site", "navigate", "document", null)]
    [InlineData("GET", "same-origin", "cors", "empty", null)]
    [InlineData("GET", "none", "navigate", "document", null)]
    [InlineData("POST", null, "cors", null, null)]
    public void Without_an_origin_the_browser_still_says_that_a_request_is_cross_site(
        string method, string? site, string mode, string? destination, string? refusal)
    {
        var http = Request("localhost:8484");
        http.Request.Method = method;
        http.Request.Headers["Sec-Fetch-Site"] = site;
        http.Request.Headers["Sec-Fetch-Mode"] = mode;
        http.Request.Headers["Sec-Fetch-Dest"] = destination;

        Assert.Equal(refusal, Guard.Check(http)?.Name);
    }

    [Theory]
    [InlineData("websocket", true)]
    [InlineData("WebSocket", true)]
    [InlineData("h2c, websocket", true)]
    [InlineData("h2c", false)]
    [InlineData(null, false)]
    public void A_WebSocket_upgrade_is_recognised(string? upgrade, bool expected)
    {
        var http = Request("localhost");
        http.Request.Headers.Upgrade = upgrade;

        Assert.Equal(expected, RequestGuard.IsWebSocketUpgrade(http));
    }

    [Theory]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData("::ffff:127.0.0.1", null, true)]
    [InlineData("192.168.1.7", null, false)]
    [InlineData("127.0.0.1", "X-Forwarded-For", false)]
    [InlineData("127.0.0.1", "Forwarded", false)]
    [InlineData("127.0.0.1", "x-forwarded-host", false)]
    public void A_loopback_client_has_a_loopback_address_and_no_proxy_before_it(string peer, string? header, bool expected)
    {
        var http = Request("localhost");
        http.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (header is not null)
        {
            http.Request.Headers[header] = "203.0.113.9";
        }

        Assert.Equal(expected, Loopback.IsLoopbackClient(http));
    }

    private static DefaultHttpContext Request(string host)
    {
        var http = new DefaultHttpContext();
        http.Connection.LocalIpAddress = IPAddress.Loopback;
        http.Connection.RemoteIpAddress = IPAddress.Loopback;
        http.Request.Method = HttpMethods.Post;
        http.Request.Scheme = "http";
        http.Request.Headers.Host = host;
        return http;
    }
}
