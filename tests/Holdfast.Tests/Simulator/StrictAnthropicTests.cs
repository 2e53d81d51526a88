using System.Text.Json;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Tests.Simulator;

public sealed class StrictAnthropicTests : IAsyncDisposable
{
    private const string Beta = "anthropic-beta: a,server-side-fallback-2026-07-01\r\n";

    private readonly SimulatedUpstream _upstream = SimulatedUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Theory]
    [InlineData("\"fallbacks\":[{\"model\":\"sim-strict\"}]", Beta, "must be distinct")]
    [InlineData("\"fallbacks\":[{\"model\":\"a\"},{\"model\":\"a\"}]", Beta, "must be distinct")]
    [InlineData("\"fallbacks\":[{\"model\":\"a\"}]", "", "fallbacks: Extra inputs are not permitted")]
    [InlineData("\"fallbacks\":\"bogus\"", Beta, "fallbacks: Input should be a valid list")]
    [InlineData("\"frobnicate\":true", "", "frobnicate: Extra inputs are not permitted")]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\"}]}", "", "clear_thinking")]
    public async Task What_the_real_api_refuses_is_refused(string field, string headers, string message)
    {
        var answer = await PostAsync($$"""{"model":"sim-strict","max_tokens":9,"messages":[],{{field}}}""", headers);

        Assert.Equal(400, answer.Status);
        var error = JsonDocument.Parse(answer.Body).RootElement.GetProperty("error");
        Assert.Contains(message, error.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("\"fallbacks\":[{\"model\":\"a\"}]")]
    [InlineData("\"fallbacks\":\"default\"")]
    [InlineData("\"context_management\":{\"edits\":[{\"type\":\"clear_thinking_20251015\"}]},\"thinking\":{\"type\":\"adaptive\"}")]
    public async Task What_it_takes_is_taken(string field)
    {
        var answer = await PostAsync($$"""{"model":"sim-strict","max_tokens":9,"messages":[],{{field}}}""", Beta);

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task A_replayed_thinking_block_needs_the_signature_it_was_given()
    {
        var first = await PostAsync("""{"model":"sim-think4-strict","max_tokens":9,"messages":[]}""");
        var block = JsonDocument.Parse(first.Body).RootElement.GetProperty("content")[0].GetRawText();
        var signature = JsonDocument.Parse(block).RootElement.GetProperty("signature").GetString()!;

        var replayed = await ReplayAsync(block);
        var empty = await ReplayAsync(block.Replace(signature, ""));
        var foreign = await ReplayAsync(block.Replace(signature, ThinkingSignature.Sign("other")));

        Assert.Equal((200, 400, 400), (replayed.Status, empty.Status, foreign.Status));
        Assert.Contains("messages.0.content.0: Invalid `signature` in `thinking` block", empty.Text);
    }

    [Fact]
    public async Task The_rules_may_be_scripted_for_any_model()
    {
        _upstream.Always(Answer.StrictAnthropic(Answer.Json("{\"ok\":1}")));

        var good = await PostAsync("""{"model":"claude-opus-5-5","max_tokens":9,"messages":[]}""");
        var bad = await PostAsync("""{"model":"claude-opus-5-5","messages":[]}""");

        Assert.Equal((200, "{\"ok\":1}", 400), (good.Status, good.Text, bad.Status));
    }

    private Task<RawAnswer> ReplayAsync(string block) =>
        PostAsync($$"""
            {"model":"sim-strict","max_tokens":9,"messages":[{"role":"assistant","content":[{{block}}]}]}
            """);

    private async Task<RawAnswer> PostAsync(string body, string headers = "")
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        return await client.PostAsync("/v1/messages", body, headers);
    }
}
