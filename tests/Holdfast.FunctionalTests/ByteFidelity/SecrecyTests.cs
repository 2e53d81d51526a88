using System.Text;
using System.Text.Json;
using Holdfast.Admin;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Holdfast.Upstreams;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>No secret, no prompt and no answer ever stands in a log line, a record, a metric, the status or an error of
/// ours, whatever goes wrong, also with <c>DEBUG=true</c>.</summary>
public sealed class SecrecyTests
{
    private const string Key = "canary-key-0815";
    private const string Prompt = "canary-prompt-0815";
    private const string Reply = "canary-reply-0815";
    private const string OwnKey = "test-key-of-the-upstream";

    private static readonly (string, string)[] Credentials =
    [
        ("authorization", $"Bearer {Key}"), ("x-api-key", Key), ("x-goog-api-key", Key), ("cookie", $"s={Key}"),
        ("proxy-authorization", $"Basic {Key}"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_secret_is_written_down_whatever_goes_wrong(bool hasOwnCredential)
    {
        await using var gateway = await TestGateway.StartAsync(
            options => options.Debug = true,
            upstream: options => options.Credential = hasOwnCredential ? new CredentialOptions { Env = "TEST_KEY" } : null);
        var told = new StringBuilder();
        var count = 0;
        foreach (var answer in Answers())
        {
            foreach (var protocol in SampleRequests.Protocols)
            {
                gateway.Upstream.Always(answer);
                var (path, body) = SampleRequests.Turn(protocol, stream: ++count % 2 == 0);
                told.AppendLine(await AskAsync(gateway, "POST", path, body.Replace("hello", Prompt, StringComparison.Ordinal)));
            }
        }

        foreach (var (path, body) in Refused())
        {
            count++;
            told.AppendLine(await AskAsync(gateway, "POST", path, body));
        }

        told.AppendLine(await AskAsync(gateway, "GET", "/metrics", null));
        for (var i = 0; i < count; i++)
        {
            told.AppendLine(JsonSerializer.Serialize(await gateway.NextRecordAsync(), RecordJson.Default.ExchangeRecord));
        }

        told.AppendLine(gateway.Log.Text).AppendLine(StatusOf(gateway));
        var text = told.ToString();
        Assert.All((string[])[Key, Prompt, Reply, OwnKey], canary =>
            Assert.DoesNotContain(canary, text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Ends of every kind. What the client may see of them is left out by <see cref="AskAsync"/>.</summary>
    private static IEnumerable<Answer> Answers() =>
    [
        Answer.Like("sim"),
        Answer.Sse(SampleStreams.Of("anthropic"), $"event: x\ndata: {{\"x\":\"{Reply}\"}}\n\n").ResetAfterEvent(1),
        Answer.Sse(SampleStreams.Of("anthropic"), $"event: x\ndata: {{\"x\":\"{Reply}\"}}\n\n"),
        Answer.Json($$"""{"x":"{{Reply}}""").ContentLength(9999),
        Answer.Json($$"""{"x":"{{Reply}}"""),
        Answer.Status(401, $$$"""{"error":{"type":"authentication_error","message":"{{{Key}}} {{{OwnKey}}} {{{Prompt}}}"}}"""),
        Answer.Status(500, Reply, "text/plain"),
        Answer.Html(502),
        Answer.Raw(Encoding.UTF8.GetBytes($"{Reply} is no HTTP\r\n\r\n")),
        Answer.Ok().ResetBeforeHeaders(),
        Answer.Ok().FinBeforeHeaders(),
        Answer.Ok().BadGzip(),
        Answer.Ok().Header("content-encoding", "zstd"),
    ];

    private static IEnumerable<(string Path, string Body)> Refused() =>
    [
        ($"/v1/messages?key={Key}&api_key={Key}&access_token={Key}", $$"""{"model":"m","x":"{{Prompt}}" oops}"""),
        ($"/v1beta/models/m:generateContent?key={Key}", $$"""{"{{Prompt}}" """),
        ("/v1/messages", $"\"{Prompt}\""),
        ("/v1/messages", $$"""{"messages":["{{Prompt}}"]}"""),
        ($"/nothing/here?key={Key}", Prompt),
        ($"/v1/traces?token={Key}", Prompt),
    ];

    /// <summary>What the gateway itself says; an answer of the upstream's is the client's own affair.</summary>
    private static async Task<string> AskAsync(TestGateway gateway, string method, string path, string? body)
    {
        await using var client = await gateway.ConnectAsync();
        var head = await client.RequestAsync(method, path, body, [("user-agent", "curl/8"), .. Credentials]);
        var text = await client.ReadTextAsync();
        var isOurs = path == "/metrics" || head.Header("holdfast-error") is not null;
        return isOurs ? head.Text + text : string.Concat(text.Split("\n\n").Where(part => part.Contains("holdfast")));
    }

    private static string StatusOf(TestGateway gateway)
    {
        var services = gateway.Services;
        var endpoint = new StatusEndpoint(
            new GatewayFacts(TimeProvider.System), services.GetRequiredService<OpenExchanges>(),
            services.GetRequiredService<ExchangeTotals>(), services.GetRequiredService<RecentFailures>(), TimeProvider.System);
        return JsonSerializer.Serialize(endpoint.Read());
    }
}
