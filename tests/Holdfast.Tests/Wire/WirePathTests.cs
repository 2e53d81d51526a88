using Holdfast.Wire.Protocols;

namespace Holdfast.Tests.Wire;

/// <summary>What a raw target asks for.</summary>
public sealed class WirePathTests
{
    [Theory]
    [InlineData("/v1/messages", "anthropic", "Anthropic", true)]
    [InlineData("/v1/messages?beta=true", "anthropic", "Anthropic", true)]
    [InlineData("/v1/messages/count_tokens?beta=true", "anthropic", "Anthropic", false)]
    [InlineData("/v1/messages/batches", "anthropic", "Anthropic", false)]
    [InlineData("/v1/chat/completions", "openai-chat", "OpenAI", true)]
    [InlineData("/v1/completions", "openai-chat", "OpenAI", true)]
    [InlineData("/v1/responses", "openai-responses", "OpenAI", true)]
    [InlineData("/v1/responses/resp_1/cancel", "openai-responses", "OpenAI", false)]
    [InlineData("/v1/responses/resp_1?stream=true", "openai-responses", "OpenAI", false)]
    [InlineData("/v1/embeddings", "openai-chat", "OpenAI", false)]
    [InlineData("/v1/files", "openai-chat", "OpenAI", false)]
    [InlineData("/v1/models", "openai-chat", "OpenAI", false)]
    [InlineData("/v1/models/ft:gpt-4o-mini:acme::abc", "openai-chat", "OpenAI", false)]
    [InlineData("/v1/models/gpt-5", "openai-chat", "OpenAI", false)]
    [InlineData("/v1beta/models/g:generateContent", "gemini", "Gemini", true)]
    [InlineData("/v1beta/models/g:streamGenerateContent?alt=sse", "gemini", "Gemini", true)]
    [InlineData("/v1/models/g:streamGenerateContent?alt=sse", "gemini", "Gemini", true)]
    [InlineData("/v1beta/models/g:countTokens", "gemini", "Gemini", false)]
    [InlineData("/v1beta/models/g:someDayNewMethod", "gemini", "Gemini", false)]
    [InlineData("/v1beta/models", "gemini", "Gemini", false)]
    [InlineData("/v1beta/cachedContents/abc", "gemini", "Gemini", false)]
    [InlineData("/v1beta/openai/chat/completions", "openai-chat", "Gemini", true)]
    [InlineData("/v1beta/openai/models", "openai-chat", "Gemini", false)]
    public void Every_path_has_its_protocol_family_and_operation(
        string target, string protocol, string family, bool generates)
    {
        var path = WirePath.Parse(target)!;

        Assert.Equal((protocol, family), (path.Protocol.Name, path.Family.ToString()));
        Assert.Equal(generates, path.Operation == WireOperation.Generate);
        Assert.Equal((target, (string?)null), (path.Target, path.Product));
    }

    [Theory]
    [InlineData("/v1/models", true, false, "anthropic")]
    [InlineData("/v1/files/file_1/content", true, true, "anthropic")]
    [InlineData("/v1/files", false, true, "gemini")]
    [InlineData("/v1beta/files", false, false, "gemini")]
    [InlineData("/v1/files", false, false, "openai-chat")]
    [InlineData("/v1/messages", false, true, "anthropic")]
    [InlineData("/v1/chat/completions", true, false, "openai-chat")]
    [InlineData("/v1beta/models/g:generateContent", true, false, "gemini")]
    public void Shared_paths_are_told_apart_by_the_clients_headers(
        string target, bool hasAnthropicVersion, bool hasGoogleKey, string protocol) =>
        Assert.Equal(protocol, WirePath.Parse(target, hasAnthropicVersion, hasGoogleKey)!.Protocol.Name);

    [Theory]
    [InlineData("/posthog/v1/messages?beta=true", "posthog", "/v1/messages?beta=true", "anthropic")]
    [InlineData("/my%20app/v1/responses", "my%20app", "/v1/responses", "openai-responses")]
    [InlineData("/p/v1beta/models/g:generateContent?key=k", "p", "/v1beta/models/g:generateContent?key=k", "gemini")]
    [InlineData("/v2/v1/chat/completions", "v2", "/v1/chat/completions", "openai-chat")]
    public void A_product_prefix_is_taken_off_and_kept(string target, string product, string rest, string protocol)
    {
        var path = WirePath.Parse(target)!;

        Assert.Equal((product, rest, protocol), (path.Product, path.Target, path.Protocol.Name));
    }

    [Theory]
    [InlineData("/v1beta/models/gemini-3.1-pro:streamGenerateContent?alt=sse", "gemini-3.1-pro", true, false)]
    [InlineData("/v1beta/models/g:streamGenerateContent", "g", true, true)]
    [InlineData("/v1beta/models/g:streamGenerateContent?key=k&alt=SSE", "g", true, false)]
    [InlineData("/v1beta/models/g:streamGenerateContent?alt=sse2", "g", true, true)]
    [InlineData("/v1beta/models/g:streamGenerateContent?x=1&alt=json", "g", true, true)]
    [InlineData("/v1beta/models/g:generateContent?alt=sse", "g", false, false)]
    [InlineData("/v1beta/tunedModels/t-1:generateContent", "t-1", false, false)]
    [InlineData("/v1beta/models/a%2Fb%3Ac:generateContent", "a/b:c", false, false)]
    [InlineData("/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent?alt=sse", "g", true, false)]
    [InlineData("/v1beta/models/azure/anthropic/claude:generateContent", "azure/anthropic/claude", false, false)]
    public void A_gemini_path_names_model_and_stream(string target, string model, bool streams, bool isArray)
    {
        var path = WirePath.Parse(target)!;

        Assert.Equal((model, streams, isArray), (path.ModelInPath, path.StreamsByPath, path.StreamsAsArray));
    }

    [Theory]
    [InlineData("/v1beta/models/g:streamGenerateContent?alt=sse", "/v1beta/models/g:generateContent")]
    [InlineData("/v1beta/models/g:streamGenerateContent", "/v1beta/models/g:generateContent")]
    [InlineData("/v1beta/models/g:streamGenerateContent?key=k&alt=SSE&x=1", "/v1beta/models/g:generateContent?key=k&x=1")]
    [InlineData("/v1beta/models/a:b:streamGenerateContent?alt=sse&x=a:b", "/v1beta/models/a:b:generateContent?x=a:b")]
    [InlineData("/v1beta/models/g:generateContent?key=k", "/v1beta/models/g:generateContent?key=k")]
    [InlineData("/v1beta/models/g:generateContent?alt=sse", "/v1beta/models/g:generateContent?alt=sse")]
    [InlineData("/v1beta/models/g:countTokens", "/v1beta/models/g:countTokens")]
    [InlineData("/v1/messages?beta=true", "/v1/messages?beta=true")]
    public void A_turn_has_one_target_streamed_or_not(string target, string expected) =>
        Assert.Equal(expected, WirePath.Parse(target)!.UnstreamedTarget);

    /// <summary>Ours alone, also behind a product, and never a product themselves.</summary>
    [Theory]
    [InlineData("/admin/v1/messages")]
    [InlineData("/metrics/v1/messages")]
    [InlineData("/healthz/v1/messages")]
    [InlineData("/readyz/v1/messages")]
    [InlineData("/v1/logs")]
    [InlineData("/v1/traces")]
    [InlineData("/v1/metrics?x=1")]
    [InlineData("/v1/metrics/more")]
    [InlineData("/product/v1/logs")]
    public void Reserved_names_are_never_forwarded(string target) => Assert.Null(WirePath.Parse(target));

    [Theory]
    [InlineData("/v1/metricsx")]
    [InlineData("/administration/v1/messages")]
    [InlineData("/v1/logs2")]
    public void Names_that_only_begin_like_reserved_ones_are_free(string target) => Assert.NotNull(WirePath.Parse(target));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("*")]
    [InlineData("v1/messages")]
    [InlineData("http://host/v1/messages")]
    [InlineData("//v1/messages")]
    [InlineData("/a/b/v1/messages")]
    [InlineData("/V1/messages")]
    [InlineData("/v1")]
    [InlineData("/v1x/messages")]
    [InlineData("/v1%2Fmessages")]
    [InlineData("/?/v1/messages")]
    [InlineData("/p?/v1/messages")]
    [InlineData("/favicon.ico")]
    [InlineData("/api/hello")]
    public void What_no_protocol_has_is_nothing(string target) => Assert.Null(WirePath.Parse(target));

    [Theory]
    [InlineData("/v1/")]
    [InlineData("/v1/messages/")]
    [InlineData("/v1/models/%zz:generateContent")]
    [InlineData("/v1beta/:")]
    [InlineData("/v1beta/models/:generateContent")]
    [InlineData("/v1beta/models:generateContent")]
    [InlineData("/v1/messages?a=b?c=/v1/responses")]
    [InlineData("/v1/../admin")]
    public void Weird_targets_are_kept_as_they_are(string target) => Assert.Equal(target, WirePath.Parse(target)!.Target);

    [Theory]
    [InlineData("/v1beta/models/gemini-2:streamGenerateContent?alt=sse", "gemini-3", "/v1beta/models/gemini-3:streamGenerateContent?alt=sse")]
    [InlineData("/v1beta/models/a%2Fb:generateContent", "x/y", "/v1beta/models/x%2Fy:generateContent")]
    [InlineData("/v1/messages?beta=true", "claude", "/v1/messages?beta=true")]
    public void Another_model_takes_the_place_of_the_one_in_the_path(string target, string model, string expected) =>
        Assert.Equal(expected, WirePath.Parse(target)!.TargetWith(model));
}
