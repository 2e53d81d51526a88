using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>A WebSocket upgrade is answered 426 at once, wherever it is asked for: 404 costs a Codex session 6.5 s.</summary>
public sealed class UpgradeTests
{
    [Theory]
    [InlineData("/v1/responses", "openai-responses")]
    [InlineData("/v1/responses?x=1", "openai-responses")]
    [InlineData("/wizard/v1/responses", "openai-responses")]
    [InlineData("/v1/realtime?model=m", "openai-chat")]
    [InlineData("/v1/messages", "anthropic")]
    [InlineData("/v1beta/models/m:streamGenerateContent", "gemini")]
    [InlineData("/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", "openai-chat")]
    [InlineData("/no/such/path", "openai-chat")]
    public async Task A_websocket_upgrade_is_answered_426_at_once(string path, string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", path, (byte[]?)null,
            ("Connection", "Upgrade"), ("Upgrade", "WebSocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("openai-beta", "responses_websockets=2026-02-06"));

        await Refusals.AssertAsync(gateway, client, head, (426, "websocket_not_supported"), protocol);
    }

    [Fact]
    public async Task The_same_connection_then_serves_the_post()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-responses");

        await client.RequestAsync("GET", path, (byte[]?)null, ("Connection", "Upgrade"), ("Upgrade", "websocket"));
        await client.ReadToEndAsync();
        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal(200, head.Status);
    }

    [Fact]
    public async Task An_upgrade_to_something_else_is_ignored()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body, ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"));

        Assert.Equal(200, head.Status);
        Assert.Null(gateway.Upstream.Requests[0].Header("upgrade"));
    }
}
