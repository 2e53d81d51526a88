using Holdfast.Recording.Records;
using Holdfast.Connections;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>A request that is refused before its body is read is one refusal, whatever the client then does: it is no
/// broken HTTP.</summary>
public sealed class UnreadBodyTests
{
    [Theory]
    [InlineData("Content-Type: text/plain", "unsupported_content_type")]
    [InlineData("Content-Length: 99999999", "body_too_large")]
    [InlineData("Origin: https://evil.example", "origin_not_allowed")]
    public async Task A_client_that_leaves_after_an_early_refusal_is_no_protocol_error(string header, string code)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using (var client = await gateway.ConnectAsync())
        {
            var length = header.StartsWith("Content-Length", StringComparison.Ordinal) ? "" : "Content-Length: 5000\r\n";
            await client.SendAsync(
                $"POST /v1/messages HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\n{length}{header}\r\n\r\n" + "half of it");
            var head = await client.ReadHeadAsync();
            await client.ReadToEndAsync();
            Assert.Equal(code, head.Header("holdfast-error"));
        }

        await gateway.WaitForConnectionsAsync(0);
        var counters = gateway.Services.GetRequiredService<SocketCounters>();
        Assert.Equal(0, counters[SocketEvent.ProtocolError]);
        Assert.DoesNotContain(gateway.Log.Entries, entry => entry.Message.Contains("answered 4", StringComparison.Ordinal));
        Assert.Equal(ExchangeEnd.Refused, (await gateway.NextRecordAsync()).End);
    }

    [Fact]
    public async Task A_body_that_arrives_whole_after_an_early_refusal_leaves_the_connection_usable()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        var refused = await client.RequestAsync("POST", path, body, ("content-type", "text/plain"));
        await client.ReadToEndAsync();
        var served = await client.RequestAsync("POST", path, body);

        Assert.Equal((415, 200), (refused.Status, served.Status));
    }

    [Fact]
    public async Task A_refusal_reaches_a_client_that_still_uploads_megabytes()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(
            "POST", "/v1/messages", new byte[30_000_000], ("content-type", "application/octet-stream"));

        await Refusals.AssertAsync(gateway, client, head, (415, "unsupported_content_type"), "anthropic");
    }
}
