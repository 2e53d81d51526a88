using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Tests.Upstreams;

public sealed class UpstreamCredentialTests
{
    private static readonly Dictionary<string, string> ClientHeaders = new()
    {
        ["Authorization"] = "Bearer client-secret",
        ["X-Api-Key"] = "client-secret",
        ["x-goog-api-key"] = "client-secret",
        ["Cookie"] = "session=client-secret",
        ["anthropic-version"] = "2023-06-01",
    };

    [Fact]
    public void The_default_upstream_of_a_protocol_lets_the_clients_credential_pass_untouched()
    {
        using var upstream = Build("anthropic", ProtocolFamily.Anthropic, credential: false);
        using var request = Request(upstream, "/v1/messages?key=client-secret");

        upstream.Credentials[0].ApplyTo(request);

        Assert.True(upstream.PassesClientCredential);
        Assert.All(ClientHeaders, header => Assert.Equal(header.Value, Header(request, header.Key)));
        Assert.EndsWith("?key=client-secret", request.RequestUri!.PathAndQuery);
    }

    [Theory]
    [InlineData("anthropic", ProtocolFamily.Anthropic, "x-api-key", "own-secret")]
    [InlineData("claude", ProtocolFamily.Anthropic, "x-api-key", "own-secret")]
    [InlineData("nim", ProtocolFamily.OpenAI, "Authorization", "Bearer own-secret")]
    [InlineData("google", ProtocolFamily.Gemini, "x-goog-api-key", "own-secret")]
    public void An_upstream_with_a_credential_gets_it_and_nothing_of_the_clients(
        string name, ProtocolFamily protocol, string header, string expected)
    {
        using var upstream = Build(name, protocol, credential: true);
        using var request = Request(upstream, "/v1/messages?alt=sse");

        upstream.Credentials[0].ApplyTo(request);

        Assert.False(upstream.PassesClientCredential);
        Assert.Equal(expected, Header(request, header));
        Assert.Equal("2023-06-01", Header(request, "anthropic-version"));
        Assert.DoesNotContain("client-secret", request.ToString());
    }

    [Fact]
    public void A_Gemini_key_in_the_query_is_the_clients_credential_too()
    {
        using var upstream = Build("google", ProtocolFamily.Gemini, credential: true);
        using var request = Request(upstream, "/v1beta/models/g:streamGenerateContent?alt=sse&key=client-secret");

        upstream.Credentials[0].ApplyTo(request);

        Assert.Equal("/v1beta/models/g:streamGenerateContent?alt=sse", request.RequestUri!.PathAndQuery);
    }

    [Fact]
    public void Another_upstream_without_a_credential_gets_none_at_all()
    {
        using var upstream = Build("sim", ProtocolFamily.Anthropic, credential: false);
        using var request = Request(upstream, "/v1/messages");

        upstream.Credentials[0].ApplyTo(request);

        Assert.False(upstream.PassesClientCredential);
        Assert.DoesNotContain("secret", request.ToString());
    }

    private static Upstream Build(string name, ProtocolFamily protocol, bool credential) => new(
        name,
        new()
        {
            Protocol = protocol,
            BaseUrl = new("https://api.example"),
            Credential = credential ? new() { Env = "OWN_KEY" } : null,
        },
        new(TimeSpan.FromSeconds(10), TimeProvider.System, variable => variable == "OWN_KEY" ? "own-secret\n" : null));

    private static HttpRequestMessage Request(Upstream upstream, string target)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, upstream.Target(target));
        foreach (var (name, value) in ClientHeaders)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private static string Header(HttpRequestMessage request, string name) =>
        Assert.Single(request.Headers.NonValidated[name]);
}
