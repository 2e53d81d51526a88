using System.Text;
using System.Text.Json;
using Holdfast.TestKit;
using Holdfast.Upstreams;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Whose credential goes where: the client's own only to its protocol's default upstream, never to one that has
/// a credential of its own, and never to the simulator.</summary>
public sealed class CredentialTests
{
    private const string Canary = "canary-of-the-client-4711";

    private static readonly (string Name, string Value)[] EveryCredential =
    [
        ("authorization", $"Bearer {Canary}"), ("x-api-key", Canary), ("x-goog-api-key", Canary), ("api-key", Canary),
        ("proxy-authorization", $"Basic {Canary}"), ("cookie", $"session={Canary}"), ("openai-organization", Canary),
        ("chatgpt-account-id", Canary),
    ];

    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [InlineData("authorization", "Bearer sk-ant-oat01-abc")]
    [InlineData("x-api-key", "sk-ant-api03-abc")]
    [InlineData("x-goog-api-key", "AIzaSyabc")]
    public async Task The_clients_own_credential_reaches_the_default_upstream_on_every_route(string name, string value)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var protocol in SampleRequests.Protocols)
        {
            foreach (var prefix in (string[])["", "/wizard"])
            {
                var (path, body) = SampleRequests.Turn(protocol);

                var head = await client.RequestAsync("POST", prefix + path, body, (name, value));
                await client.ReadToEndAsync();

                Assert.Equal(200, head.Status);
                Assert.Equal(value, gateway.Upstream.Requests[^1].Header(name));
                Assert.Equal(prefix.Length == 0 ? null : "wizard", (await gateway.NextRecordAsync()).Product);
            }
        }
    }

    [Fact]
    public async Task A_key_in_the_query_reaches_the_default_upstream()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.RequestAsync("POST", $"/v1beta/models/test:generateContent?key={Canary}", """{"contents":[]}""");

        Assert.EndsWith($"?key={Canary}", gateway.Upstream.Requests[0].Target, StringComparison.Ordinal);
        Assert.Equal("?key=***", (await gateway.NextRecordAsync()).Query);
    }

    [Theory]
    [InlineData("anthropic", "x-api-key", "test-key-of-the-upstream")]
    [InlineData("openai-chat", "authorization", "Bearer test-key-of-the-upstream")]
    [InlineData("openai-responses", "authorization", "Bearer test-key-of-the-upstream")]
    [InlineData("gemini", "x-goog-api-key", "test-key-of-the-upstream")]
    public async Task An_upstream_with_its_own_credential_gets_that_and_nothing_of_the_clients(
        string protocol, string name, string value)
    {
        await using var gateway = await TestGateway.StartAsync(
            upstream: options => options.Credential = new CredentialOptions { Env = "TEST_KEY" });
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);
        path += protocol == "gemini" ? $"&k%65y={Canary}&access_token={Canary}" : "";

        var head = await client.RequestAsync("POST", path, body, EveryCredential);

        Assert.Equal(200, head.Status);
        var request = gateway.Upstream.Requests[0];
        Assert.Equal([value], request.HeaderValues(name));
        Assert.DoesNotContain(Canary, Encoding.UTF8.GetString(request.Head.Span), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_simulator_gets_no_credential_at_all(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, "sim-echo", stream: false);
        path += $"?key={Canary}&access_token={Canary}";

        var head = await client.RequestAsync("POST", path, body, EveryCredential);
        var echo = JsonSerializer.Deserialize<JsonElement>(await client.ReadTextAsync());

        Assert.Equal((200, "sim"), (head.Status, head.Header("holdfast-upstream")));
        Assert.DoesNotContain(Canary, echo.GetProperty("target").GetString(), StringComparison.Ordinal);
        var names = echo.GetProperty("headers").EnumerateArray().Select(header => header[0].GetString()!.ToLowerInvariant());
        Assert.Equal(["content-length", "host"], names.Order());
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }
}
