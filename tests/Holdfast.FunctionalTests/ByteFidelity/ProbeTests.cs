using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>What clients and load balancers ask before the first turn is answered at once; what only the upstream knows
/// is asked there.</summary>
public sealed class ProbeTests
{
    [Theory]
    [InlineData("HEAD", "/", 200)]
    [InlineData("GET", "/", 200)]
    [InlineData("HEAD", "/api/hello", 200)]
    [InlineData("GET", "/api/hello", 200)]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("HEAD", "/healthz", 200)]
    [InlineData("GET", "/readyz", 200)]
    [InlineData("HEAD", "/readyz", 200)]
    [InlineData("OPTIONS", "/", 204)]
    [InlineData("OPTIONS", "/v1/messages", 204)]
    [InlineData("OPTIONS", "/v1beta/models/m:generateContent", 204)]
    [InlineData("OPTIONS", "/no/such/path", 204)]
    [InlineData("OPTIONS", "*", 204)]
    public async Task A_probe_is_answered_at_once_without_the_upstream(string method, string path, int status)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, path);
        var body = await client.ReadToEndAsync();

        Assert.Equal(status, head.Status);
        Assert.Equal(method == "GET", body.Length > 0);
        Assert.Null(head.Header("access-control-allow-origin"));
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Theory]
    [InlineData("anthropic-version", "2023-06-01", "\"type\": *\"model\"")]
    [InlineData("x-goog-api-key", "k", "\"supportedGenerationMethods\"")]
    [InlineData("authorization", "Bearer k", "\"object\": *\"list\"")]
    public async Task The_list_of_models_comes_from_the_upstream_in_the_shape_the_client_speaks(
        string header, string value, string shape)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", "/v1/models?limit=1000", (byte[]?)null, (header, value));

        Assert.Equal(200, head.Status);
        Assert.Matches(shape, await client.ReadTextAsync());
        Assert.Equal("/v1/models?limit=1000", gateway.Upstream.Requests[0].Target);
        var protocol = header switch { "anthropic-version" => "anthropic", "x-goog-api-key" => "gemini", _ => "openai-chat" };
        Assert.Equal(protocol, (await gateway.NextRecordAsync()).Protocol);
    }

    [Theory]
    [InlineData("/v1/messages/count_tokens", "input_tokens")]
    [InlineData("/v1/messages/count_tokens?beta=true", "input_tokens")]
    [InlineData("/v1/responses/input_tokens", "input_tokens")]
    [InlineData("/v1beta/models/test:countTokens", "totalTokens")]
    public async Task Tokens_are_counted_by_the_upstream(string path, string field)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", path, """{"model":"test","messages":[],"input":"x","contents":[]}""");

        Assert.Equal(200, head.Status);
        Assert.Contains(field, await client.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Equal(1, gateway.Upstream.RequestCount);
    }

    [Fact]
    public async Task Every_protocol_is_served_side_by_side_on_one_connection()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var protocol in SampleRequests.Protocols.Concat(SampleRequests.Protocols))
        {
            var (path, body) = SampleRequests.Turn(protocol, stream: false);

            var head = await client.RequestAsync("POST", path, body);
            var text = await client.ReadTextAsync();

            Assert.Equal((protocol, 200), (protocol, head.Status));
            Assert.StartsWith("{", text, StringComparison.Ordinal);
        }
    }
}
