using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>A target that is nobody's, reserved or odd, an unusual method, an upstream that does not exist: refused with
/// a code, never forwarded.</summary>
public sealed class BadTargetTests
{
    [Theory]
    [InlineData("GET", "/no/such/path")]
    [InlineData("GET", "/favicon.ico")]
    [InlineData("POST", "/")]
    [InlineData("POST", "/messages")]
    [InlineData("POST", "//v1/messages")]
    [InlineData("POST", "/a/b/v1/messages")]
    [InlineData("POST", "/v1")]
    [InlineData("GET", "/v1beta")]
    [InlineData("POST", "/v2/messages")]
    [InlineData("GET", "/.env")]
    [InlineData("GET", "/x/../v1/models")]
    [InlineData("GET", "http://api.openai.com/v1/models")]
    [InlineData("POST", "/healthz")]
    public async Task A_path_that_no_protocol_has_is_refused(string method, string target)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, target, method == "POST" ? "{\"model\":\"x\"}" : null,
            ("Host", target.StartsWith("http", StringComparison.Ordinal) ? "api.openai.com" : gateway.Address.Authority));

        // An absolute target names its host, and that is not ours.
        var isForeign = target.StartsWith("http", StringComparison.Ordinal);
        await Refusals.AssertAsync(gateway, client, head, isForeign ? (403, "host_not_allowed") : (404, "unknown_path"));
    }

    [Theory]
    [InlineData("GET", "/admin")]
    [InlineData("POST", "/admin/v1/messages")]
    [InlineData("GET", "/admin/keys")]
    [InlineData("POST", "/v1/traces")]
    [InlineData("POST", "/v1/logs")]
    [InlineData("POST", "/v1/metrics")]
    [InlineData("POST", "/v1/traces/x")]
    [InlineData("POST", "/v1/Traces")]
    [InlineData("POST", "/v1/%74races")]
    [InlineData("POST", "/v1/traces?x=1")]
    [InlineData("POST", "/metrics/v1/messages")]
    [InlineData("POST", "/Metrics/v1/messages")]
    [InlineData("POST", "/healthz/v1/messages")]
    [InlineData("POST", "/readyz/v1beta/models/m:generateContent")]
    [InlineData("POST", "/wizard/v1/traces")]
    public async Task A_reserved_path_is_never_forwarded(string method, string target)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, target, method == "POST" ? "{\"model\":\"x\"}" : null);

        await Refusals.AssertAsync(gateway, client, head, (404, "unknown_path"));
    }

    [Fact]
    public async Task An_absolute_target_that_names_us_is_refused_as_no_path_of_ours()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", new Uri(gateway.Address, "/v1/models").AbsoluteUri);

        await Refusals.AssertAsync(gateway, client, head, (404, "unknown_path"));
    }

    [Theory]
    [InlineData("TRACE", "/v1/messages", "anthropic")]
    [InlineData("PROPFIND", "/v1/files", "openai-chat")]
    [InlineData("FOO", "/v1/responses", "openai-responses")]
    [InlineData("post", "/v1/messages", "anthropic")]
    [InlineData("QUERY", "/v1beta/models/m:generateContent", "gemini")]
    public async Task An_unusual_method_is_refused_and_the_usual_ones_are_named(string method, string target, string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, target);

        await Refusals.AssertAsync(gateway, client, head, (405, "method_not_allowed"), protocol);
        Assert.Contains("POST", head.Header("allow"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_for_a_tunnel_is_refused()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("CONNECT", gateway.Address.Authority);

        Assert.InRange(head.Status, 400, 499);
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Theory]
    [InlineData("anthropic", "nim")]
    [InlineData("anthropic", "openai")]
    [InlineData("openai-chat", "anthropic")]
    [InlineData("openai-responses", "gemini")]
    [InlineData("gemini", "https://evil.example")]
    [InlineData("gemini", "")]
    public async Task An_upstream_that_does_not_exist_or_speaks_something_else_is_refused(string protocol, string upstream)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body, ("holdfast-upstream", upstream));
        var message = await Refusals.AssertAsync(gateway, client, head, (400, "unknown_upstream"), protocol);

        Assert.DoesNotContain("evil", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_very_long_path_passes_up_to_the_limit_of_a_head()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var target = "/v1/files/" + new string('x', 60_000);

        var head = await client.RequestAsync("GET", target);

        Assert.Equal(404, head.Status);
        Assert.Null(head.Header("holdfast-error"));
        Assert.Equal(target, gateway.Upstream.Requests[0].Target);
    }

    [Theory]
    [InlineData("/v1/files/#fragment")]
    [InlineData("/v1/files/%zz")]
    [InlineData("/v1/files/%")]
    [InlineData("/v1/files/%00")]
    [InlineData("/v1/files/a\\b")]
    [InlineData("/v1/files/é")]
    [InlineData("/v1/files/[::1]")]
    public async Task An_odd_path_is_refused_or_passed_on_as_it_is_but_never_breaks_the_gateway(string target)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", target);

        Assert.InRange(head.Status, 400, 499);
        Assert.All(gateway.Upstream.Requests, request => Assert.Equal(target, request.Target));
    }

    [Theory]
    [InlineData("/v1/files/\u0001", "/v1/files/%01")]
    [InlineData("/v1/files/a\tb", "/v1/files/a%09b")]
    public async Task A_control_character_in_a_path_never_reaches_the_upstream_raw(string target, string encoded)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.RequestAsync("GET", target);

        Assert.Equal(encoded, gateway.Upstream.Requests[0].Target);
    }
}
