using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>A web page cannot drive a loopback gateway with its visitor's network: neither by a rebound name nor across
/// sites.</summary>
public sealed class WebPageTests
{
    public static MatrixTheoryData<string, string> ProtocolsAndHosts => new(
        SampleRequests.Protocols, ["evil.example", "evil.example:8484", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0"]);

    public static MatrixTheoryData<string, string> ProtocolsAndOrigins => new(
        SampleRequests.Protocols, ["https://evil.example", "null", "http://localhost:3000", "https://127.0.0.1", "http://127.0.0.1"]);

    [Theory]
    [MemberData(nameof(ProtocolsAndHosts))]
    public async Task A_name_that_was_rebound_to_this_machine_is_refused(string protocol, string host)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body, ("Host", host));

        await Refusals.AssertAsync(gateway, client, head, (403, "host_not_allowed"), protocol);
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndOrigins))]
    public async Task A_page_of_another_origin_is_refused(string protocol, string origin)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body, ("Origin", origin));

        await Refusals.AssertAsync(gateway, client, head, (403, "origin_not_allowed"), protocol);
        Assert.Null(head.Header("access-control-allow-origin"));
    }

    [Theory]
    [InlineData("GET", "/v1/models", "no-cors")]
    [InlineData("POST", "/v1/messages", "no-cors")]
    [InlineData("POST", "/v1/messages", "navigate")]
    [InlineData("GET", "/v1/files/f1/content", "cors")]
    public async Task A_cross_site_request_without_an_origin_is_refused(string method, string path, string mode)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, path, method == "POST" ? "{\"model\":\"x\"}" : null,
            ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode));

        await Refusals.AssertAsync(
            gateway, client, head, (403, "origin_not_allowed"), path == "/v1/messages" ? "anthropic" : "openai-chat");
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    public async Task The_metrics_are_not_for_a_web_page(string header, string value)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", "/metrics", (byte[]?)null, (header, value));

        Assert.Equal(403, head.Status);
        Assert.Equal("", await client.ReadTextAsync());
    }

    [Fact]
    public async Task A_preflight_is_told_nothing_that_would_allow_a_page_in()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("OPTIONS", "/v1/messages", (byte[]?)null,
            ("Origin", "https://evil.example"), ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-api-key"), ("access-control-request-private-network", "true"));

        Assert.DoesNotContain(head.Headers,
            header => header.Key.StartsWith("access-control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1")]
    [InlineData("127.0.0.1:9999")]
    [InlineData("[::1]:80")]
    [InlineData("holdfast.localhost")]
    [InlineData("")]
    public async Task Our_own_names_are_served(string host)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body, ("Host", host));

        Assert.Equal(200, head.Status);
    }

    [Fact]
    public async Task A_page_of_our_own_origin_or_an_allowed_one_is_served()
    {
        await using var gateway = await TestGateway.StartAsync(options =>
        {
            options.AllowedHosts = ["gateway.corp.example"];
            options.AllowedOrigins = ["https://chat.corp.example"];
        });
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        foreach (var origin in (string[])[$"http://{gateway.Address.Authority}", "https://chat.corp.example"])
        {
            var head = await client.RequestAsync("POST", path, body, ("Origin", origin));
            await client.ReadToEndAsync();
            Assert.Equal(200, head.Status);
        }

        var named = await client.RequestAsync("POST", path, body, ("Host", "gateway.corp.example"));
        Assert.Equal(200, named.Status);
    }
}
