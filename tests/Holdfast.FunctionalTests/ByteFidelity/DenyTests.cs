using Holdfast.Recording.Records;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Holdfast.Requests;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Nothing is ever taken out of a request: what the section <c>deny</c> names is refused by name, and by
/// default nothing is.</summary>
public sealed class DenyTests
{
    private static readonly DenyOptions Rules = new() { Fields = ["fallbacks", "speed"], Headers = ["x-bad-feature"] };

    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_denied_field_is_refused_by_its_name(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Deny = Rules);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);
        foreach (var field in (string[])["\"fallbacks\":[]", "\"fallb\\u0061cks\":null", "\"x\":1,\"fallbacks\":\"a\""])
        {
            var head = await client.RequestAsync("POST", path, "{" + field + "," + body[1..]);
            var text = await client.ReadTextAsync();

            Assert.Equal((403, "denied"), (head.Status, head.Header("holdfast-error")));
            Assert.Contains("\\\"fallbacks\\\"", text, StringComparison.Ordinal);
            Assert.Equal("false", head.Header("x-should-retry"));
            Assert.Equal(("refused", "denied"), await EndOfNextAsync(gateway));
        }

        Assert.Equal(0, gateway.Upstream.RequestCount);
        Assert.Equal(3, await gateway.MetricAsync("holdfast_refusals_total", "error_type=\"denied\""));
    }

    [Fact]
    public async Task A_denied_header_is_refused_by_its_name()
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Deny = Rules);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body, ("X-Bad-Feature", "on"));

        Assert.Equal((403, "denied"), (head.Status, head.Header("holdfast-error")));
        Assert.Contains("x-bad-feature", MessageOf(await client.ReadTextAsync()), StringComparison.Ordinal);
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Theory]
    [InlineData("\"speed\":{}", "/v1/messages/count_tokens")]
    [InlineData("\"speed\":1", "/v1/messages/batches")]
    [InlineData("\"speed\":1", "/v1/anything/else")]
    public async Task A_field_is_denied_on_every_path(string field, string path)
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Deny = Rules);
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", path, "{" + field + "}", ("content-type", "application/json"));

        Assert.Equal((403, "denied"), (head.Status, head.Header("holdfast-error")));
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Fact]
    public async Task Compression_does_not_hide_a_field_from_the_rules()
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Deny = Rules);
        await using var client = await gateway.ConnectAsync();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write("""{"model":"test","speed":"fast","messages":[]}"""u8);
        }

        var head = await client.RequestAsync("POST", "/v1/messages", packed.ToArray(), ("content-encoding", "gzip"));

        Assert.Equal((415, "unsupported_content_type"), (head.Status, head.Header("holdfast-error")));
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Theory]
    [InlineData("{\"model\":\"test\",\"messages\":[{\"fallbacks\":1}],\"max_tokens\":1}")]
    [InlineData("{\"model\":\"test\",\"Fallbacks\":[],\"messages\":[],\"max_tokens\":1}")]
    [InlineData("{\"model\":\"fallbacks\",\"messages\":[],\"max_tokens\":1}")]
    public async Task Only_the_named_field_at_the_top_is_denied(string body)
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Deny = Rules);
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", "/v1/messages", body);

        Assert.Equal(200, head.Status);
        Assert.Equal(Encoding.UTF8.GetBytes(body), gateway.Upstream.Requests[0].Body.ToArray());
    }

    [Fact]
    public async Task By_default_nothing_is_denied_and_nothing_is_warned_about()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        const string Body = """{"model":"test","fallbacks":"bogus","frobnicate":true,"messages":[],"max_tokens":1}""";

        var head = await client.RequestAsync("POST", "/v1/messages", Body, ("x-bad-feature", "on"));

        Assert.Equal(200, head.Status);
        Assert.Equal(Body, gateway.Upstream.Requests[0].BodyText);
        Assert.Equal("on", gateway.Upstream.Requests[0].Header("x-bad-feature"));
        Assert.Null(head.Header("warning"));
    }

    private static string MessageOf(string body) =>
        JsonSerializer.Deserialize<JsonElement>(body).GetProperty("error").GetProperty("message").GetString()!;

    private static async Task<(string End, string? Code)> EndOfNextAsync(TestGateway gateway)
    {
        var record = await gateway.NextRecordAsync();
        return (record.End!.Value.Word(), record.ErrorCode);
    }
}
