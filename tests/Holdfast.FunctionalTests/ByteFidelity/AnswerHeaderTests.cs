using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Every end-to-end header of an answer reaches the client as it is; nothing hop by hop does.</summary>
public sealed class AnswerHeaderTests
{
    private static readonly string[] EndToEnd =
    [
        "server: cloudflare", "date: Fri, 20 Nov 2026 10:00:00 GMT", "cache-control: private, max-age=0",
        "etag: W/\"odd\"", "x-unknown: a; b, c", "x-codex-turn-state: opaque/+==", "openai-processing-ms: 12",
        "location: /elsewhere", "last-modified: not a date", "x-empty: ", "access-control-allow-origin: *",
        "strict-transport-security: max-age=1", "content-language: de", "vary: Origin",
    ];

    public static TheoryData<bool> Both => [true, false];

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Every_end_to_end_header_arrives_as_it_was_written(bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(AnswerWith(isStream, EndToEnd));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat", stream: isStream);

        var head = await client.RequestAsync("POST", path, body);

        Assert.All(EndToEnd, line =>
        {
            var name = line.Split(':')[0];
            Assert.Equal(line.Trim(), $"{name}: {head.Header(name)}".Trim());
        });
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Several_lines_of_one_header_stay_several(bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(AnswerWith(isStream, ["set-cookie: __cf_bm=1; Path=/; Expires=Wed, 1 Jan 2031 00:00:00 GMT",
            "set-cookie: b=2", "www-authenticate: Bearer realm=\"x\", error=\"y\"", "www-authenticate: Basic"]));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat", stream: isStream);

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal(
            ["__cf_bm=1; Path=/; Expires=Wed, 1 Jan 2031 00:00:00 GMT", "b=2"],
            head.Headers.Where(header => header.Key.Equals("set-cookie", StringComparison.OrdinalIgnoreCase))
                .Select(header => header.Value));
        Assert.Equal("Bearer realm=\"x\", error=\"y\", Basic", head.Header("www-authenticate"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_header_beyond_ascii_arrives_byte_for_byte(bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();

        // The literal answer is written as Latin-1: these are the bytes of "Zürich" in UTF-8 and in Latin-1.
        gateway.Upstream.Always(AnswerWith(isStream, ["x-utf8: ZÃ¼rich", "x-latin1: Zürich"]));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat", stream: isStream);

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal((200, "ZÃ¼rich", "Zürich"), (head.Status, head.Header("x-utf8"), head.Header("x-latin1")));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task What_belongs_to_the_upstreams_connection_never_arrives(bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(AnswerWith(isStream,
            ["connection: X-Named", "x-named: 1", "keep-alive: timeout=3", "proxy-authenticate: Basic", "upgrade: h2c",
                "trailer: x-sum", "alt-svc: h3=\":443\"", "x-stays: yes"]));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat", stream: isStream);

        var head = await client.RequestAsync("POST", path, body);

        Assert.All(
            (string[])["connection", "x-named", "keep-alive", "proxy-authenticate", "upgrade", "trailer", "alt-svc"],
            name => Assert.Equal((name, null), (name, head.Header(name))));
        Assert.Equal("yes", head.Header("x-stays"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task A_header_that_nobody_may_send_is_left_out_and_costs_nothing_else(bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(AnswerWith(isStream, ["x-control: a\u0001b", "x-bell: \u0007", "x-tab: a\tb", "x-stays: yes"]));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat", stream: isStream);

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal((200, "yes", "a\tb"), (head.Status, head.Header("x-stays"), head.Header("x-tab")));
        Assert.Null(head.Header("x-control"));
    }

    [Theory]
    [InlineData(101)]
    [InlineData(99)]
    public async Task A_status_that_is_no_answer_is_a_typed_error(int status)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(LiteralAnswer.Of(status, "{}"u8.ToArray(), "content-type: application/json"));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat");

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal((502, "upstream_protocol"), (head.Status, head.Header("holdfast-error")));
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    [InlineData(201)]
    [InlineData(307)]
    [InlineData(999)]
    public async Task Any_other_status_arrives_as_it_is(int status)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(LiteralAnswer.Of(status, "{}"u8.ToArray(), "content-type: application/json", "location: /x"));
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("POST", "/v1/files", "x");

        Assert.Equal((status, "/x"), (head.Status, head.Header("location")));
        Assert.Null(head.Header("holdfast-error"));
    }

    private static Answer AnswerWith(bool isStream, string[] headers) => isStream
        ? LiteralAnswer.Of(200, Encoding.UTF8.GetBytes(SampleStreams.Text("openai-chat").Text),
            ["content-type: text/event-stream", .. headers])
        : LiteralAnswer.Of(200, "{}"u8.ToArray(), ["content-type: application/json", .. headers]);
}
