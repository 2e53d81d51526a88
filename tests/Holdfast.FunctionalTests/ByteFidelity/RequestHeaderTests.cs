using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Every end-to-end header of a request reaches the upstream as it is; nothing hop by hop and nothing of ours
/// does.</summary>
public sealed class RequestHeaderTests
{
    private static readonly (string Name, string Value)[] EndToEnd =
    [
        ("anthropic-version", "2026-10-21"),
        ("anthropic-dangerous-direct-browser-access", "true"),
        ("user-agent", "claude-cli/2.1.329 (external, cli) {odd} <agent>;;"),
        ("x-app", "cli"),
        ("x-stainless-retry-count", "2"),
        ("x-stainless-timeout", "600"),
        ("idempotency-key", "stainless-node-retry-0b1c"),
        ("openai-beta", "responses_websockets=2026-02-06"),
        ("openai-organization", "org-1"),
        ("x-codex-turn-state", "a cookie of the turn"),
        ("x-codex-turn-metadata", """{"session_id":"s","turn_id":"t","request_kind":"turn"}"""),
        ("x-goog-api-client", "google-genai-sdk/1.30.0 gl-node/24"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=1,b=2"),
        ("cookie", "a=1; b=2"),
        ("accept", "application/json, text/event-stream;q=0.5"),
        ("accept-language", "de-DE;q=0.9,*"),
        ("priority", "u=1, i"),
        ("if-modified-since", "not a date"),
        ("range", "bytes=0-"),
        ("date", "yesterday"),
        ("x-forwarded-for", "203.0.113.9"),
        ("via", "1.1 corporate"),
        ("x-empty", ""),
        ("x-quoted", "\"a, b\" ; c=\"d\""),
        ("x-unknown-to-everyone", "  inner   blanks kept"),
        ("content-language", "de"),
        ("content-md5", "Q2hlY2sgSW50ZWdyaXR5IQ=="),
    ];

    [Fact]
    public async Task Every_end_to_end_header_arrives_as_it_was_written()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        await client.RequestAsync("POST", path, body, EndToEnd);

        var arrived = gateway.Upstream.Requests[0];
        Assert.All(EndToEnd, header => Assert.Equal(
            (header.Name, header.Value.Trim()), (header.Name, string.Join(" | ", arrived.HeaderValues(header.Name)))));
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("2", "stainless-node-retry-0b1c"), (record.ClientRetryCount, record.IdempotencyKey));
    }

    [Fact]
    public async Task Nothing_is_added_to_what_the_client_sent()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        await client.RequestAsync("POST", path, body, ("x-one", "1"));

        var names = gateway.Upstream.Requests[0].Headers.Select(header => header.Key.ToLowerInvariant()).Order();
        Assert.Equal(["content-length", "host", "x-one"], names);
    }

    [Fact]
    public async Task Several_lines_of_one_header_arrive_with_every_value_in_order()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        await client.RequestAsync("POST", path, body,
            ("anthropic-beta", "oauth-2025-04-20,interleaved-thinking-2025-05-14"),
            ("anthropic-beta", "context-management-2025-06-27"),
            ("x-other", "1"),
            ("anthropic-beta", "never-heard-of-2099-01-01"));

        var betas = gateway.Upstream.Requests[0].HeaderValues("anthropic-beta").SelectMany(
            line => line.Split(',', StringSplitOptions.TrimEntries));
        Assert.Equal(
            ["oauth-2025-04-20", "interleaved-thinking-2025-05-14", "context-management-2025-06-27",
                "never-heard-of-2099-01-01"],
            betas);
    }

    [Theory]
    [InlineData("Ünïcödé ✓")]
    [InlineData("日本語")]
    public async Task A_header_beyond_ascii_arrives_byte_for_byte(string value)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body, ("x-title", value));

        Assert.Equal(200, head.Status);
        Assert.True(gateway.Upstream.Requests[0].Head.Span.IndexOf(Encoding.UTF8.GetBytes(value)) > 0);
    }

    [Fact]
    public async Task A_header_that_is_no_utf_8_arrives_byte_for_byte()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        byte[] value = [(byte)'c', (byte)'a', (byte)'f', 0xE9];

        var start = $"GET /v1/models HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nx-title: ";

        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(start), .. value, .. "\r\n\r\n"u8]);
        var head = await client.ReadHeadAsync();

        Assert.Equal(200, head.Status);
        Assert.True(gateway.Upstream.Requests[0].Head.Span.IndexOf(value) > 0);
    }

    // Beside keep-alive, close or upgrade Kestrel itself forgets the other names in Connection: those cannot be honoured.
    [Fact]
    public async Task What_belongs_to_one_connection_or_to_us_never_arrives()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        await client.RequestAsync("POST", path, body,
            ("Connection", "X-Named, x-also-named"), ("x-named", "1"), ("X-Also-Named", "2"),
            ("keep-alive", "timeout=5"), ("proxy-connection", "keep-alive"), ("te", "trailers"), ("trailer", "x-sum"),
            ("upgrade", "foo/2"), ("proxy-authorization", "Basic c2VjcmV0"), ("proxy-authenticate", "Basic"),
            ("holdfast-upstream", "anthropic"), ("Holdfast-Turn", "t"), ("holdfast-no-fallback", "1"),
            ("holdfast-unknown", "x"), ("x-stays", "yes"));

        var request = gateway.Upstream.Requests[0];
        var names = request.Headers.Select(header => header.Key.ToLowerInvariant()).Order().ToList();
        Assert.Equal(["accept-encoding", "content-length", "host", "x-stays"], names);
        Assert.Equal(gateway.Upstream.BaseUrl.Authority, request.Header("host"));
    }

    [Theory]
    [MemberData(nameof(SampleStreams.Protocols), MemberType = typeof(SampleStreams))]
    public async Task Only_a_streaming_request_asks_for_no_compression(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        const string Encodings = "gzip, deflate, br, zstd";

        foreach (var isStream in (bool[])[true, false])
        {
            var (path, body) = SampleRequests.Turn(protocol, stream: isStream);
            await client.RequestAsync("POST", path, body, ("accept-encoding", Encodings));
            await client.ReadToEndAsync();
        }

        Assert.Equal(["identity"], gateway.Upstream.Requests[0].HeaderValues("accept-encoding"));
        Assert.Equal([Encodings], gateway.Upstream.Requests[1].HeaderValues("accept-encoding"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task A_content_type_without_a_body_arrives_too(string method)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Json("{}"));
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, "/v1/files/f1", (byte[]?)null, ("content-type", "application/json"));

        Assert.Equal(200, head.Status);
        SimulatedRequest arrived = gateway.Upstream.Requests[0];
        Assert.Equal((method, "application/json"), (arrived.Method, arrived.Header("content-type")));
        Assert.Equal(0, arrived.Body.Length);
    }
}
