using Holdfast.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Holdfast.Tests.Hosting;

/// <summary>Interim answers go only to clients known to take them.</summary>
public sealed class InterimPolicyTests
{
    [Theory]
    [InlineData("node", null, true)]
    [InlineData("undici", null, true)]
    [InlineData("Bun/1.4.5", null, true)]
    [InlineData("curl/8.14.1", null, true)]
    [InlineData("claude-cli/2.1.90 (external, cli)", null, true)]
    [InlineData("OpenAI/2.15.0 (.NET 10.0.12; Debian GNU/Linux 13)", null, true)]
    [InlineData("OpenAI/2.15.0 (.NET 10.0.12; Debian GNU/Linux 13)", "dotnet", true)]
    [InlineData("AnthropicClient/C# 13.11.0", ".NET", true)]
    [InlineData("google-genai-sdk/3.1.0 gl-node/v24.21.0", null, true)]
    [InlineData("google-genai-sdk/3.1.0 gl-python/3.13", null, false)]
    [InlineData("Anthropic/JS 0.120.0", "node", true)]
    [InlineData("OpenAI/JS 7.5.0", "bun", true)]
    [InlineData("OpenAI/JS 7.5.0", "deno", true)]
    [InlineData("Anthropic/JS 0.120.0", "browser:chrome", false)]
    [InlineData("AsyncAnthropic/Python 0.120.0", "CPython", false)]
    [InlineData("OpenAI/Python 3.0.0", null, false)]
    [InlineData("python-requests/2.32", null, false)]
    [InlineData("python-httpx/0.28", null, false)]
    [InlineData("codex_cli_rs/0.160.0 (Linux; x86_64)", null, false)]
    [InlineData("nodeish/1.0", null, false)]
    [InlineData("Go-http-client/1.1", null, false)]
    [InlineData("", null, false)]
    [InlineData(null, null, false)]
    public void Only_known_takers_get_interim_answers(string? userAgent, string? runtime, bool expected) =>
        Assert.Equal(expected, InterimPolicy.Accepts(userAgent, runtime));

    [Theory]
    [InlineData("Via")]
    [InlineData("X-Forwarded-For")]
    public void A_proxy_on_the_way_may_not_take_them(string header)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.UserAgent = "curl/8.14.1";
        Assert.True(InterimPolicy.Accepts(http.Request));

        http.Request.Headers[header] = "1.1 proxy";

        Assert.False(InterimPolicy.Accepts(http.Request));
    }
}
