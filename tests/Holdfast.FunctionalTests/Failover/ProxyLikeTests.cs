using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>What stands between us and the providers fails in its own ways; each is a failure of the first candidate,
/// and nothing of it reaches the client.</summary>
public sealed class ProxyLikeTests
{
    private const string Challenge = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body><div class="cf-challenge">Enable JavaScript and cookies to continue</div></body></html>""";
    private const string Blocked = """<html><head><title>Access Denied</title></head><body><h1>Blocked by corporate policy</h1><p>Category: Artificial Intelligence</p></body></html>""";

    private static readonly (string Name, Answer Answer, string Reason)[] Profiles =
    [
        // NVIDIA's: gone without a word, at any moment.
        ("nim-rst", Answer.Ok().ResetBeforeHeaders(), "timeout"),
        ("nim-rst-behind-headers", Answer.Ok().ResetAfter(0), "timeout"),
        ("nim-rst-in-handshake", Answer.Ok().ResetAfter(30), "timeout"),

        // Cloudflare's pages for an origin that is ill, and for a client it does not trust.
        ("cloudflare-520", CloudflarePage(520, "Web server is returning an unknown error"), "server_error"),
        ("cloudflare-521", CloudflarePage(521, "Web server is down"), "server_error"),
        ("cloudflare-522", CloudflarePage(522, "Connection timed out"), "timeout"),
        ("cloudflare-523", CloudflarePage(523, "Origin is unreachable"), "server_error"),
        ("cloudflare-524", CloudflarePage(524, "A timeout occurred"), "timeout"),
        ("cloudflare-525", CloudflarePage(525, "SSL handshake failed"), "server_error"),
        ("cloudflare-526", CloudflarePage(526, "Invalid SSL certificate"), "server_error"),
        ("cloudflare-530", CloudflarePage(530, "Origin DNS error"), "server_error"),
        ("cloudflare-502-fin", CloudflarePage(502, "Bad gateway").ThenClose(announced: false), "server_error"),
        ("cloudflare-challenge", Page(403, Challenge).Header("cf-mitigated", "challenge"), "auth"),

        // Azure's API Management.
        ("apim-429", Answer.Status(429, """{"statusCode":429,"message":"Rate limit is exceeded. Try again in 30 seconds."}""").Header("retry-after", "30"), "rate_limit"),
        ("apim-403-quota", Answer.Status(403, """{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 00:12:34."}"""), "billing"),
        ("apim-500", Answer.Status(500, """{"statusCode":500,"message":"Internal server error","activityId":"0f8fad5b"}"""), "server_error"),
        ("apim-502", Answer.Status(502, """{"error":{"code":"BadGateway","message":"Bad gateway"}}"""), "server_error"),
        ("apim-401", Answer.Status(401, """{"statusCode":401,"message":"Access denied due to missing subscription key."}"""), "auth"),

        // A company's proxy.
        ("corporate-block-200", Page(200, Blocked), "server_error"),
        ("corporate-block-403", Page(403, Blocked), "auth"),
        ("corporate-503", Page(503, "<HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD></HTML>"), "server_error"),
    ];

    public static TheoryData<string> Names => [.. Profiles.Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_next_candidate_answers_and_nothing_of_the_first_is_seen(string name)
    {
        var (_, fault, reason) = Profiles.Single(profile => profile.Name == name);
        await using var chain = await ChainGateway.StartAsync(configure: options => options.Failover.Cooldown.Enabled = false);
        chain.First.Always(fault.Header("connection", "close"));
        chain.Second.Always(Turns.Healthy);
        var i = 0;
        foreach (var protocol in SampleRequests.Protocols)
        {
            foreach (var stream in (bool[])[true, false])
            {
                var model = $"model-{i++}";
                var answer = await chain.AskAsync(protocol, stream, model);

                Assert.Equal((200, Turns.HealthyText(protocol, stream, model), ChainGateway.NameOf(protocol, 1), reason),
                    (answer.Status, answer.Text, answer.Upstream, answer.Header("holdfast-fallback-reason")));
                Assert.Null(answer.Header("cf-ray"));
            }
        }

        Assert.Equal([8, 8], chain.Ledger);
    }

    /// <summary>With nobody else left a page is still never the client's answer.</summary>
    [Theory]
    [InlineData("cloudflare-520", 520)]
    [InlineData("cloudflare-challenge", 403)]
    [InlineData("corporate-block-200", 502)]
    public async Task A_single_candidates_page_becomes_an_error_of_the_protocol(string name, int status)
    {
        await using var chain = await ChainGateway.StartAsync(count: 1);
        chain.First.Always(Profiles.Single(profile => profile.Name == name).Answer);

        var answer = await chain.AskAsync();

        Assert.Equal((status, "upstream_html", "application/json"),
            (answer.Status, answer.Header("holdfast-error"), answer.Header("content-type")));
        Assert.DoesNotContain("<html", answer.Text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A proxy that wants to know who we are is ours to put right: another candidate would only hide it.</summary>
    [Fact]
    public async Task A_proxy_that_asks_for_credentials_is_told_of_and_nobody_else_is_asked()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Page(407, "<html><head><title>Proxy Authentication Required</title></head></html>"));

        var answer = await chain.AskAsync();

        Assert.Equal((407, "upstream_html"), (answer.Status, answer.Header("holdfast-error")));
        Assert.Contains("Proxy Authentication Required", answer.Text, StringComparison.Ordinal);
        Assert.Equal([1, 0], chain.Ledger);
        Assert.Equal("proxy", (await chain.NextRecordAsync()).FailedAttempts!.Single().Kind);
    }

    private static Answer CloudflarePage(int status, string title) => Page(status,
        $"<!DOCTYPE html><!--[if lt IE 7]> <html class=\"no-js ie6 oldie\" lang=\"en-US\"> <![endif]--><head><title>api.example.com | {status}: {title}</title></head><body><span>Error code {status}</span> Cloudflare Ray ID: 8f2</body></html>")
        .Header("server", "cloudflare").Header("cf-ray", "8f2-FRA");

    private static Answer Page(int status, string html) => Answer.Status(status, html, "text/html; charset=UTF-8");
}
