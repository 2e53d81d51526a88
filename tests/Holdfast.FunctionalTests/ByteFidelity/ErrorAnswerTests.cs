using Holdfast.Recording.Records;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>An upstream's own errors reach the client unchanged: status, body, ids, hints; only an HTML page never
/// does.</summary>
public sealed class ErrorAnswerTests
{
    private static readonly int[] Statuses =
    [
        400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422, 424, 425, 426, 428, 429, 431, 451, 498, 499,
        500, 501, 502, 503, 504, 508, 520, 521, 522, 524, 529, 530, 598, 599,
    ];

    private static readonly string[] Hints =
    [
        "request-id: req_011", "x-request-id: req_022", "retry-after: 17", "retry-after-ms: 17000", "x-should-retry: true",
        "anthropic-ratelimit-requests-remaining: 0", "cf-ray: 8f00-FRA", "x-codex-primary-used-percent: 99",
    ];

    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_upstreams_json_error_arrives_unchanged_with_its_status_and_ids(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var status in Statuses)
        {
            var wanted = Encoding.UTF8.GetBytes(
                $$"""{ "error":{"message":"nö {{status}}" , "type":"t_{{status}}","code":1.0, "code":2},"extra":[1e5] }""" + "\n\n");
            gateway.Upstream.Always(LiteralAnswer.Of(status, wanted, ["content-type: application/json", .. Hints]));
            var (path, body) = SampleRequests.Turn(protocol, stream: status % 2 == 0);

            var head = await client.RequestAsync("POST", path, body);
            var got = await client.ReadToEndAsync();

            Assert.Equal(status, head.Status);
            Assert.Equal(wanted, got);
            Assert.All(Hints, hint => Assert.Equal(hint, $"{hint.Split(':')[0]}: {head.Header(hint.Split(':')[0])}"));
            Assert.Null(head.Header("holdfast-error"));
            Assert.Equal("exact", head.Header("holdfast-fidelity"));
            var record = await gateway.NextRecordAsync();
            Assert.Equal(("upstream_error", status, status), (record.End?.Word(), record.Status, record.UpstreamStatus!.Value));
            Assert.Equal("req_011", record.UpstreamRequestId);
        }
    }

    [Theory]
    [InlineData("text/plain", "upstream connect error or disconnect/reset before headers")]
    [InlineData("application/problem+json", """{"title":"No","status":503}""")]
    [InlineData("application/json", "")]
    [InlineData("application/json", "not json at all")]
    [InlineData("application/json", """{"error":{"message":"cut in the mid""")]
    public async Task An_error_body_of_any_other_kind_arrives_unchanged(string contentType, string wanted)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Status(503, wanted, contentType));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat");

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal((503, contentType), (head.Status, head.Header("content-type")));
        Assert.Equal(wanted, await client.ReadTextAsync());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_html_page_never_arrives_but_its_status_does(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var status in (int[])[200, 400, 403, 404, 429, 500, 502, 503, 504, 520, 524, 529])
        {
            gateway.Upstream.Always(Answer.Html(status).Header("retry-after", "9"));
            var (path, body) = SampleRequests.Turn(protocol, stream: status % 2 == 0);

            var head = await client.RequestAsync("POST", path, body);
            var text = await client.ReadTextAsync();

            Assert.Equal(status == 200 ? 502 : status, head.Status);
            Assert.Equal(("application/json", "upstream_html"), (head.Header("content-type"), head.Header("holdfast-error")));
            Assert.Equal("9", head.Header("retry-after"));
            Assert.DoesNotContain("<", text, StringComparison.Ordinal);
            Assert.Contains($"status {status.ToString(CultureInfo.InvariantCulture)}", MessageOf(text), StringComparison.Ordinal);
            Assert.Equal("upstream_html", (await gateway.NextRecordAsync()).ErrorCode);
        }
    }

    [Theory]
    [InlineData("", "<!DOCTYPE html><html><title>t</title>")]
    [InlineData("content-type: text/plain", "\n <HTML><head></head></HTML>")]
    [InlineData("content-type: application/json", "<!doctype html>")]
    [InlineData("content-type: application/xhtml+xml", "<?xml version=\"1.0\"?><html/>")]
    public async Task A_page_under_another_content_type_is_still_a_page(string header, string page)
    {
        await using var gateway = await TestGateway.StartAsync();
        string[] headers = header.Length == 0 ? [] : [header];
        gateway.Upstream.Always(LiteralAnswer.Of(502, Encoding.UTF8.GetBytes(page), headers));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic");

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal((502, "upstream_html"), (head.Status, head.Header("holdfast-error")));
        Assert.DoesNotContain("<", await client.ReadTextAsync(), StringComparison.Ordinal);
    }

    private static string MessageOf(string body) =>
        JsonSerializer.Deserialize<JsonElement>(body).GetProperty("error").GetProperty("message").GetString()!;
}
