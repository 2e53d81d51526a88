using Holdfast.Upstreams;

namespace Holdfast.Tests.Upstreams;

public sealed class UpstreamTargetTests
{
    [Theory]
    [InlineData("https://api.anthropic.com", "/v1/messages?beta=true", "https://api.anthropic.com/v1/messages?beta=true")]
    [InlineData("https://api.anthropic.com/", "/v1/messages", "https://api.anthropic.com/v1/messages")]
    [InlineData("https://nim.example/v1", "/v1/chat/completions", "https://nim.example/v1/chat/completions")]
    [InlineData("https://nim.example/v1/", "/v1/chat/completions", "https://nim.example/v1/chat/completions")]
    [InlineData("https://router.example/api/v1", "/v1/responses", "https://router.example/api/v1/responses")]
    [InlineData("https://router.example/api/v1", "/v1", "https://router.example/api/v1")]
    [InlineData("https://router.example/api/v1", "/v1?x=1", "https://router.example/api/v1?x=1")]
    [InlineData("https://google.example/v1beta", "/v1beta/models/g:generateContent", "https://google.example/v1beta/models/g:generateContent")]
    [InlineData("https://google.example/v1beta", "/v1/models", "https://google.example/v1beta/models")]
    [InlineData("https://google.example/v1beta", "/upload/v1beta/files", "https://google.example/upload/v1beta/files")]
    [InlineData("https://google.example/v1", "/healthy", "https://google.example/v1/healthy")]
    [InlineData("https://nim.example/v1", "/v12/models", "https://nim.example/v1/v12/models")]
    [InlineData("https://nim.example/v1", "/v1/models/v1", "https://nim.example/v1/models/v1")]
    [InlineData("https://azure.example/anthropic", "/v1/messages", "https://azure.example/anthropic/v1/messages")]
    [InlineData("https://[::1]:8080", "/v1/messages", "https://[::1]:8080/v1/messages")]
    [InlineData("https://user:secret@host.example", "/v1/messages", "https://host.example/v1/messages")]
    [InlineData("https://azure.example/openai/v1?api-version=preview", "/v1/responses?a=1", "https://azure.example/openai/v1/responses?a=1&api-version=preview")]
    [InlineData("https://azure.example/openai/v1?api-version=preview", "/v1/responses", "https://azure.example/openai/v1/responses?api-version=preview")]
    public void A_base_URL_that_ends_in_a_version_replaces_the_clients_and_any_other_path_comes_first(
        string baseUrl, string rawTarget, string expected)
    {
        var url = new UpstreamTarget(new(baseUrl)).Join(rawTarget);

        Assert.Equal(expected, url.OriginalString);
    }

    [Theory]
    [InlineData("/v1/models/a%2Fb%2fc/../x")]
    [InlineData("/v1//messages///")]
    [InlineData("/v1/messages?beta=true&q=%zz&a=[1]|{}\"<>^`#hash")]
    [InlineData("/v1/models/%41%7E~?")]
    [InlineData("/v1/messages?a=+%20+&&b")]
    public void The_raw_target_is_kept_byte_for_byte(string rawTarget)
    {
        var url = new UpstreamTarget(new("https://api.example")).Join(rawTarget);

        Assert.Equal(rawTarget, url.PathAndQuery);
    }

    [Fact]
    public void What_would_break_the_request_line_is_made_harmless()
    {
        var url = new UpstreamTarget(new("https://api.example")).Join("/v1/x HTTP/1.1\r\nevil: 1\u00e9");

        Assert.Equal("/v1/x%20HTTP/1.1%0D%0Aevil:%201%C3%A9", url.PathAndQuery);
    }

    [Theory]
    [InlineData("?key=abc", "")]
    [InlineData("?alt=sse&key=abc", "?alt=sse")]
    [InlineData("?key=abc&alt=sse", "?alt=sse")]
    [InlineData("?k%65y=abc&alt=%73se", "?alt=%73se")]
    [InlineData("?keys=1&monkey=2", "?keys=1&monkey=2")]
    [InlineData("", "")]
    public void Parameters_are_dropped_by_name_and_the_others_kept_as_they_are(string query, string expected)
    {
        var url = new UpstreamTarget(new("https://api.example")).Join("/v1beta/models" + query);

        Assert.Equal("/v1beta/models" + expected, UpstreamTarget.Without(url, "key").PathAndQuery);
    }

    /// <summary>URLs of common targets are kept, since taking one apart is expensive; a query may hold a key.</summary>
    [Theory]
    [InlineData("/v1/messages", true)]
    [InlineData("/v1/messages?beta=true", true)]
    [InlineData("/v1beta/models/gemini-3:streamGenerateContent?alt=sse", true)]
    [InlineData("/v1beta/models?key=secret", false)]
    [InlineData("/v1/messages?key=secret&beta=true", false)]
    [InlineData("/v1/messages?key=secret?beta=true", false)]
    public void A_url_is_kept_only_without_a_query_that_may_hold_a_secret(string rawTarget, bool isKept)
    {
        var target = new UpstreamTarget(new("https://api.example"));

        var first = target.Join(rawTarget);
        var second = target.Join(rawTarget);

        Assert.Equal("https://api.example" + rawTarget, second.OriginalString);
        Assert.Equal(isKept, ReferenceEquals(first, second));
    }

    [Fact]
    public void However_many_targets_are_asked_for_each_gets_its_own_url()
    {
        var target = new UpstreamTarget(new("https://api.example/v1"));

        Assert.All(Enumerable.Range(0, 500), i =>
            Assert.Equal($"https://api.example/v1/files/{i}", target.Join($"/v1/files/{i}").OriginalString));
    }
}
