using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Path and query reach the upstream as the client wrote them; a base URL's own path is joined without
/// doubling the version; a product prefix is taken off and recorded.</summary>
public sealed class RequestTargetTests
{
    private static readonly string[] Odd =
    [
        "/v1/messages?beta=true",
        "/v1/messages?beta=true&beta=false&",
        "/v1/messages?",
        "/v1/messages?a=%2f%2F%20+b&c=%C3%A9&&d&=e&f=%zz",
        "/v1/messages?q=a/b?c=d;e:f@g!$'()*,[]|{}^`\\\"<>",
        "/v1/files/a%2Fb%2fc/content",
        "/v1/files/..%2f..%2Fadmin",
        "/v1/files/%E2%9C%93%20~-._!$&'()*+,;=:@",
        "/v1/files/a//b/./c/",
        "/v1/files/a/../b",
        "/v1/models/azure%2Fanthropic%2Fclaude",
        "/v1beta/models/gemini-x:embedContent?alt=json&key=%41",
        "/v1beta/tunedModels/mine:generateContent",
    ];

    [Fact]
    public async Task A_target_is_passed_on_to_the_byte()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Json("{}"));
        await using var client = await gateway.ConnectAsync();

        foreach (var target in Odd)
        {
            var head = await client.RequestAsync("POST", target, """{"model":"test"}""");
            await client.ReadToEndAsync();

            Assert.Equal((target, 200), (target, head.Status));
            Assert.Equal(target, gateway.Upstream.Requests[^1].Target);
        }
    }

    [Fact]
    public async Task The_beta_query_changes_nothing_but_the_target()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        await client.RequestAsync("POST", path, body);
        var without = await client.ReadToEndAsync();
        await client.RequestAsync("POST", path + "?beta=true", body);
        var with = await client.ReadToEndAsync();

        Assert.Equal(without, with);
        Assert.Equal(gateway.Upstream.Requests[0].Body.ToArray(), gateway.Upstream.Requests[1].Body.ToArray());
        Assert.Null((await gateway.NextRecordAsync()).Query);
        Assert.Equal("?beta=true", (await gateway.NextRecordAsync()).Query);
    }

    [Theory]
    [InlineData("", "/v1/messages?beta=true", "/v1/messages?beta=true")]
    [InlineData("/", "/v1/messages", "/v1/messages")]
    [InlineData("/v1", "/v1/messages?beta=true", "/v1/messages?beta=true")]
    [InlineData("/v1/", "/v1/chat/completions", "/v1/chat/completions")]
    [InlineData("/api/v1", "/v1/responses", "/api/v1/responses")]
    [InlineData("/openai/v1beta", "/v1/chat/completions", "/openai/v1beta/chat/completions")]
    [InlineData("/v1", "/v1beta/models/m:generateContent", "/v1/models/m:generateContent")]
    [InlineData("/proxy", "/v1/messages", "/proxy/v1/messages")]
    [InlineData("/proxy?tenant=7", "/v1/messages?beta=true", "/proxy/v1/messages?beta=true&tenant=7")]
    public async Task A_base_url_and_a_target_are_joined_without_doubling_the_version(
        string basePath, string target, string expected)
    {
        await using var gateway = await TestGateway.StartAsync(
            upstream: options => options.BaseUrl = new Uri(options.BaseUrl, basePath));
        gateway.Upstream.Always(Answer.Json("{}"));
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", target, """{"model":"test"}""");

        Assert.Equal(200, head.Status);
        Assert.Equal(expected, gateway.Upstream.Requests[0].Target);
    }

    [Theory]
    [InlineData("/posthog_code/v1/messages?beta=true", "posthog_code", "/v1/messages?beta=true")]
    [InlineData("/wizard/v1/chat/completions", "wizard", "/v1/chat/completions")]
    [InlineData("/my%20tool/v1/responses", "my%20tool", "/v1/responses")]
    [InlineData("/cli/v1beta/models/test:generateContent", "cli", "/v1beta/models/test:generateContent")]
    [InlineData("/v2/v1/messages", "v2", "/v1/messages")]
    public async Task A_product_prefix_is_taken_off_and_recorded(string target, string product, string expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", target, """{"model":"test","max_tokens":1,"messages":[]}""");

        Assert.Equal(200, head.Status);
        Assert.Equal(expected, gateway.Upstream.Requests[0].Target);
        Assert.Equal(product, (await gateway.NextRecordAsync()).Product);
    }
}
