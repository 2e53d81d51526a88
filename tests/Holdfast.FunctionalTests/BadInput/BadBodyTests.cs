using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>A body no upstream could serve is refused with the reason, in the protocol's shape, and never quoted: a
/// prompt or a key may stand in it.</summary>
public sealed class BadBodyTests
{
    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    public static MatrixTheoryData<string, string> ProtocolsAndBodies => new(SampleRequests.Protocols,
    [
        "", "{", "nonsense", "[]", "\"text\"", "null", "{\"model\":\"x\",}", "{\"model\":\"x\"} trailing", "{'model':'x'}",
        "{\"model\":\"x\" \"stream\":true}", "{\"model\":\"x\",\"n\":NaN}", "{\"model\":\"x\",\"secret-canary\":01}",
        "{\"model\":\"x\"}{\"model\":\"y\"}", "model=x&stream=true", "<xml/>", "{\"model\":\"x\",\"a\":\"unended",
    ]);

    [Theory]
    [MemberData(nameof(ProtocolsAndBodies))]
    public async Task A_body_that_is_no_json_object_is_refused(string protocol, string body)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, _) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body, ("content-type", "application/json"));

        await Refusals.AssertAsync(gateway, client, head, (400, "bad_json"), protocol);
    }

    [Theory]
    [InlineData("{\"model\":\"x\", secret-canary}", "line 1, byte 15")]
    [InlineData("{\"model\":\"x\",\n\n  \"a\": secret-canary}", "line 3, byte 8")]
    [InlineData("{\"secret-canary\":tru}", "line 1, byte 21")]
    public async Task The_place_where_json_breaks_is_told_and_the_body_is_not_quoted(string body, string place)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", "/v1/messages", body);
        var message = await Refusals.AssertAsync(gateway, client, head, (400, "bad_json"), "anthropic");

        Assert.Contains(place, message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anthropic", "{}")]
    [InlineData("anthropic", "{\"model\":null}")]
    [InlineData("anthropic", "{\"model\":\"\"}")]
    [InlineData("openai-chat", "{\"model\":7}")]
    [InlineData("openai-chat", "{\"model\":\"x\",\"model\":{}}")]
    [InlineData("openai-chat", "{\"Model\":\"x\"}")]
    [InlineData("openai-responses", "{\"input\":\"x\",\"nested\":{\"model\":\"x\"}}")]
    public async Task A_request_without_a_model_is_refused(string protocol, string body)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, _) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);

        await Refusals.AssertAsync(gateway, client, head, (400, "model_missing"), protocol);
    }

    [Fact]
    public async Task A_gemini_path_without_a_model_is_refused()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", "/v1beta/models/:generateContent", "{}");

        await Refusals.AssertAsync(gateway, client, head, (400, "model_missing"), "gemini");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_content_type_that_is_not_json_is_refused(string protocol)
    {
        foreach (var contentType in (string[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
            "application/xml", "application/jsonx", "json", "text/html; charset=utf-8", "application/octet-stream"])
        {
            await using var gateway = await TestGateway.StartAsync();
            await using var client = await gateway.ConnectAsync();
            var (path, body) = SampleRequests.Turn(protocol);

            var head = await client.RequestAsync("POST", path, body, ("content-type", contentType));

            await Refusals.AssertAsync(gateway, client, head, (415, "unsupported_content_type"), protocol);
        }
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=UTF-8")]
    [InlineData("application/json;charset=utf-8;x=y")]
    [InlineData("application/vnd.api+json")]
    [InlineData("text/json")]
    public async Task Any_way_to_write_json_is_taken(string contentType)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body, ("content-type", contentType));

        Assert.Equal(200, head.Status);
        Assert.Equal(contentType, gateway.Upstream.Requests[0].Header("content-type"));
    }
}
