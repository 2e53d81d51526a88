using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit.Sockets;

namespace Holdfast.EndToEnd.Connections;

/// <summary>A WebSocket upgrade is answered 426 at once: Codex then loses no time.</summary>
public sealed class WebSocketTests(Gateways gateways)
{
    [Theory]
    [InlineData("/v1/responses")]
    [InlineData("/v1/realtime?model=sim")]
    public async Task An_upgrade_is_refused_and_the_connection_goes_on(string path)
    {
        await using var client = await RawHttpClient.ConnectAsync(new Uri(gateways.Plain));

        var answer = await client.RequestAsync("GET", path, body: (string?)null,
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Authorization", "Bearer not-a-key"));
        var body = await client.ReadTextAsync();
        var next = await client.RequestAsync("POST", "/v1/responses", """{"model":"sim","input":"hello"}""",
            ("Content-Type", "application/json"));

        Assert.Equal(426, answer.Status);
        Assert.Contains("websocket_not_supported", answer.Header("holdfast-error"));
        Assert.Contains("\"error\"", body);
        Assert.Equal(200, next.Status);
    }
}
