using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>An upstream as strict as the real one answers through the gateway as it answers directly: the gateway
/// neither hides what it refuses nor causes it.</summary>
public sealed class StrictUpstreamTests
{
    private const string Beta = "server-side-fallback-2026-07-01";

    [Theory]
    [InlineData("\"fallbacks\":[{\"model\":\"claude-x\"}]", Beta, "must be distinct")]
    [InlineData("\"frobnicate\":true", "", "frobnicate: Extra inputs are not permitted")]
    [InlineData("\"fallbacks\":\"bogus\"", Beta, "fallbacks: Input should be a valid list")]
    [InlineData("\"fallbacks\":[{\"model\":\"a\"}]", "", "fallbacks: Extra inputs are not permitted")]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\"}]}", "", "clear_thinking")]
    public async Task A_probe_gets_the_upstreams_own_refusal_word_for_word(string field, string beta, string message)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.StrictAnthropic());
        await using var direct = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        await using var client = await gateway.ConnectAsync();
        var body = BodyWith(field);

        foreach (var path in (string[])["/v1/messages", "/v1/messages?beta=true"])
        {
            var wanted = await PostAsync(direct, path, body, beta);
            var got = await PostAsync(client, path, body, beta);

            Assert.Equal(400, got.Status);
            Assert.Equal(wanted, got);
            Assert.Contains(message, got.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\"fallbacks\":[{\"model\":\"claude-y\"}]")]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\"}]},\"thinking\":{\"type\":\"adaptive\"}")]
    public async Task What_the_upstream_takes_is_taken_through_the_gateway(string field)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.StrictAnthropic());
        await using var client = await gateway.ConnectAsync();

        var answer = await PostAsync(client, "/v1/messages?beta=true", BodyWith(field), Beta);

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_thinking_block_of_the_first_turn_is_accepted_in_the_second(bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.StrictAnthropic(Answer.Like("sim-think4")));
        await using var client = await gateway.ConnectAsync();

        var first = await PostAsync(client, "/v1/messages", BodyWith(isStream ? "\"stream\":true" : "\"stream\":false"), "");
        var block = isStream ? BlockOfStream(first.Text) : BlockOfWhole(first.Text);
        var second = await PostAsync(client, "/v1/messages", Replay(block), "");
        var spoiled = await PostAsync(client, "/v1/messages", Replay(block.Replace("\"signature\":\"", "\"signature\":\"A")), "");

        Assert.Equal(200, second.Status);
        Assert.Equal(400, spoiled.Status);
        Assert.Contains("Invalid `signature` in `thinking` block", spoiled.Text, StringComparison.Ordinal);
    }

    private static string BodyWith(string field) =>
        $$"""{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"hi"}],{{field}}}""";

    private static string Replay(string block) =>
        $$"""
        {"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"hi"},
         {"role":"assistant","content":[{{block}}]},{"role":"user","content":"go on"}]}
        """;

    private static string BlockOfWhole(string answer) =>
        JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("content")[0].GetRawText();

    private static string BlockOfStream(string answer)
    {
        var deltas = SseTranscript.Parse(answer).Events
            .Where(entry => entry.Type == "content_block_delta").Select(entry => entry.Json.GetProperty("delta")).ToList();
        var thinking = string.Concat(deltas
            .Where(delta => delta.GetProperty("type").GetString() == "thinking_delta")
            .Select(delta => delta.GetProperty("thinking").GetString()));
        var signature = deltas.Single(delta => delta.GetProperty("type").GetString() == "signature_delta")
            .GetProperty("signature").GetString();
        return JsonSerializer.Serialize(new { type = "thinking", thinking, signature });
    }

    private static async Task<(int Status, string Text)> PostAsync(RawHttpClient client, string path, string body, string beta)
    {
        (string, string)[] headers = beta.Length == 0 ? [] : [("anthropic-beta", beta)];
        var head = await client.RequestAsync("POST", path, body, headers);
        return (head.Status, await client.ReadTextAsync());
    }
}
