using Holdfast.EndToEnd.Programs;
using Holdfast.Simulator;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>An SDK's own key reaches the default upstream of its protocol as it was said.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class CredentialTests
{
    [Theory]
    [InlineData("anthropic.mjs", "whole", "/v1/messages", "authorization", "Bearer not-a-key")]
    [InlineData("openai.mjs", "chat-whole", "/v1/chat/completions", "authorization", "Bearer not-a-key")]
    [InlineData("openai.mjs", "responses-whole", "/v1/responses", "authorization", "Bearer not-a-key")]
    [InlineData("genai.mjs", "whole", "/v1/models/some-model:generateContent", "x-goog-api-key", "not-a-key")]
    public async Task An_SDKs_own_key_reaches_the_provider(
        string script, string op, string path, string header, string key)
    {
        await using var upstream = SimulatedUpstream.Start(new() { OtherModels = "sim" });
        await using var gateway = await BuiltGateway.StartAsync($$"""
            { "upstreams": {
              "anthropic": { "protocol": "anthropic", "baseUrl": "{{upstream.BaseUrl}}" },
              "openai": { "protocol": "openai", "baseUrl": "{{upstream.BaseUrl}}" },
              "gemini": { "protocol": "gemini", "baseUrl": "{{upstream.BaseUrl}}" }
            } }
            """);

        var result = await SdkRun.CallAsync(Repository.Node, script, [new(op, "some-model", gateway.BaseUrl)]);

        Assert.Null(result[0].Error);
        var request = Assert.Single(upstream.Requests);
        Assert.Equal(path, request.Target);
        var said = Assert.Single(request.Headers, h => h.Key.Equals(header, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(key, said.Value);
        Assert.DoesNotContain("not-a-key", gateway.Program.Output + gateway.Program.Error);
    }
}
