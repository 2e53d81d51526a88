using System.Text.Json;
using Holdfast.Simulator;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Tests.Simulator;

public sealed class HealthyStreamTests : IAsyncDisposable
{
    private readonly SimulatedUpstream _upstream = SimulatedUpstream.Start();

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    [Theory]
    [InlineData("sim-n3")]
    [InlineData("sim-n3-think2-tool-ping")]
    public async Task A_messages_stream_opens_fills_and_closes_each_block_in_order(string model)
    {
        var events = Events(await StreamAsync("/v1/messages", $$"""{"model":"{{model}}","stream":true,"max_tokens":9}"""));

        Assert.All(events, e => Assert.Equal(e.Event, e.Json!.Value.GetProperty("type").GetString()));
        Assert.Equal("message_start", events[0].Event);
        Assert.Equal(["message_delta", "message_stop"], events[^2..].Select(e => e.Event));
        var open = -1;
        var last = -1;
        foreach (var (name, json) in events)
        {
            switch (name)
            {
                case "content_block_start":
                    Assert.Equal((-1, last + 1), (open, open = json!.Value.GetProperty("index").GetInt32()));
                    last = open;
                    break;
                case "content_block_delta":
                    Assert.Equal(open, json!.Value.GetProperty("index").GetInt32());
                    break;
                case "content_block_stop":
                    Assert.Equal(open, json!.Value.GetProperty("index").GetInt32());
                    open = -1;
                    break;
            }
        }

        Assert.Equal(-1, open);
        Assert.Equal(model.Contains("think", StringComparison.Ordinal) ? 2 : 0, last);
    }

    [Fact]
    public async Task Anthropic_thinking_is_signed_just_before_its_block_closes()
    {
        var events = Events(await StreamAsync("/v1/messages", """{"model":"sim-think2","stream":true}"""));

        var deltas = events.Where(e => e.Event == "content_block_delta").Select(e => e.Json!.Value.GetProperty("delta"));
        var thinking = deltas.Where(d => d.TryGetProperty("thinking", out _)).ToList();
        var signature = deltas.Single(d => d.TryGetProperty("signature", out _)).GetProperty("signature").GetString();

        Assert.Equal(2, thinking.Count);
        Assert.Equal(ThinkingSignature.Sign(string.Concat(thinking.Select(d => d.GetProperty("thinking")))), signature);
    }

    [Theory]
    [InlineData("sim-n3", 3)]
    [InlineData("sim-n3-think2-tool-ping", 7)]
    public async Task A_chat_stream_ends_with_reason_usage_and_done(string model, int deltas)
    {
        var body = $$$"""{"model":"{{{model}}}","stream":true,"stream_options":{"include_usage":true}}""";

        var events = Events(await StreamAsync("/v1/chat/completions", body)).Where(e => e.Data != "").ToList();

        Assert.Equal("[DONE]", events[^1].Data);
        var usage = events[^2].Json!.Value;
        Assert.Equal(0, usage.GetProperty("choices").GetArrayLength());
        Assert.Equal(25, usage.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        var reason = events[^3].Json!.Value.GetProperty("choices")[0].GetProperty("finish_reason").GetString();
        Assert.Equal(model.Contains("tool", StringComparison.Ordinal) ? "tool_calls" : "stop", reason);
        Assert.Equal("assistant", Delta(events[0].Json!.Value).GetProperty("role").GetString());
        Assert.Equal(deltas, events[1..^3].Count(e => !IsToolStart(Delta(e.Json!.Value))));
        Assert.All(events[..^2], e => Assert.Equal(JsonValueKind.Null, e.Json!.Value.GetProperty("usage").ValueKind));
    }

    [Fact]
    public async Task A_chat_stream_has_no_usage_nobody_asked_for()
    {
        var text = await StreamAsync("/v1/chat/completions", """{"model":"sim","stream":true}""");

        Assert.DoesNotContain("usage", text);
        Assert.EndsWith("data: [DONE]\n\n", text);
    }

    [Theory]
    [InlineData("sim-n3")]
    [InlineData("sim-n3-think2-tool-ping")]
    public async Task A_responses_stream_is_numbered_from_zero_and_runs_its_lifecycle(string model)
    {
        var events = Events(await StreamAsync("/v1/responses", $$"""{"model":"{{model}}","stream":true}"""));

        Assert.Equal(["response.created", "response.in_progress"], events[..2].Select(e => e.Event));
        Assert.Equal("response.completed", events[^1].Event);
        Assert.Equal(
            Enumerable.Range(0, events.Count),
            events.Select(e => e.Json!.Value.GetProperty("sequence_number").GetInt32()));
        var items = events.Where(e => e.Event == "response.output_item.done").Select(e => e.Json!.Value.GetProperty("item"));
        var final = events[^1].Json!.Value.GetProperty("response").GetProperty("output").EnumerateArray();
        Assert.Equal(items.Select(i => i.GetRawText()), final.Select(i => i.GetRawText()));
        var text = string.Concat(events.Where(e => e.Event == "response.output_text.delta")
            .Select(e => e.Json!.Value.GetProperty("delta").GetString()));
        Assert.Equal("Holdfast simulator: your ", text);
    }

    [Theory]
    [InlineData("sim-n3", 4)]
    [InlineData("sim-n3-think2-tool-ping", 7)]
    public async Task A_gemini_stream_says_its_finish_reason_and_usage_last(string model, int chunks)
    {
        var text = await StreamAsync($"/v1beta/models/{model}:streamGenerateContent?alt=sse", "{}");
        var events = Events(text).Where(e => e.Data != "").ToList();

        Assert.Equal(chunks, events.Count);
        Assert.Equal("STOP", events[^1].Json!.Value.GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Assert.Equal(25, events[^1].Json!.Value.GetProperty("usageMetadata").GetProperty("promptTokenCount").GetInt32());
        Assert.Equal(model.Contains("think", StringComparison.Ordinal), text.Contains("thoughtSignature", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gemini_stream_without_alt_sse_is_a_json_array()
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var answer = await client.PostAsync("/v1beta/models/sim-n2:streamGenerateContent", "{}");

        Assert.StartsWith("application/json", answer.Header("content-type"));
        Assert.Equal(3, JsonDocument.Parse(answer.Body).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("/v1/messages", "usage.output_tokens", 15)]
    [InlineData("/messages", "usage.output_tokens", 15)]
    [InlineData("/v1/chat/completions", "usage.total_tokens", 40)]
    [InlineData("/chat/completions", "usage.total_tokens", 40)]
    [InlineData("/v1/responses", "usage.total_tokens", 40)]
    [InlineData("/responses", "usage.total_tokens", 40)]
    [InlineData("/v1beta/models/sim-n3:generateContent", "usageMetadata.totalTokenCount", 40)]
    [InlineData("/v1/messages/count_tokens", "input_tokens", 25)]
    [InlineData("/v1/responses/input_tokens", "input_tokens", 25)]
    [InlineData("/v1beta/models/sim-n3:countTokens", "totalTokens", 25)]
    public async Task A_whole_answer_carries_the_documented_usage(string path, string field, int tokens)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var answer = await client.PostAsync(path, """{"model":"sim-n3"}""");

        var value = JsonDocument.Parse(answer.Body).RootElement;
        foreach (var name in field.Split('.'))
        {
            value = value.GetProperty(name);
        }

        Assert.Equal((200, tokens), (answer.Status, value.GetInt32()));
        Assert.Equal("application/json", answer.Header("content-type"));
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"sim-tool","messages":[{"content":[{"type":"tool_result"}]}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"sim-tool","messages":[{"role":"tool","tool_call_id":"x"}]}""")]
    [InlineData("/v1/responses", """{"model":"sim-tool","input":[{"type":"function_call_output"}]}""")]
    [InlineData("/v1beta/models/sim-tool:generateContent", """{"contents":[{"parts":[{"functionResponse":{}}]}]}""")]
    public async Task A_tool_result_is_answered_with_text(string path, string body)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var without = await client.PostAsync(path, """{"model":"sim-tool"}""");
        var with = await client.PostAsync(path, body);

        Assert.Contains("read_file", without.Text);
        Assert.DoesNotContain("read_file", with.Text);
    }

    [Theory]
    [InlineData("", "\"object\":\"list\"")]
    [InlineData("anthropic-version: 2023-06-01\r\n", "\"has_more\":false")]
    [InlineData("x-goog-api-key: x\r\n", "\"models\":[")]
    public async Task The_models_list_has_the_shape_of_whoever_asks(string header, string mark)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);

        var list = await client.GetAsync("/v1/models", header);
        var one = await client.GetAsync("/v1/models/sim-n3", header);
        var none = await client.GetAsync("/v1/models/gpt-6", header);

        Assert.Contains(mark, list.Text);
        Assert.Contains("sim-think3", list.Text);
        Assert.Equal((200, 404), (one.Status, none.Status));
        JsonDocument.Parse(list.Body);
        JsonDocument.Parse(one.Body);
    }

    private static JsonElement Delta(JsonElement chunk) => chunk.GetProperty("choices")[0].GetProperty("delta");

    private static bool IsToolStart(JsonElement delta) =>
        delta.TryGetProperty("tool_calls", out var calls) && calls[0].TryGetProperty("id", out _);

    private static List<SseEvent> Events(string text)
    {
        Assert.EndsWith("\n\n", text);
        return [.. text[..^2].Split("\n\n").Select(SseEvent.Parse)];
    }

    private async Task<string> StreamAsync(string path, string body)
    {
        using var client = await RawClient.ConnectAsync(_upstream.Endpoint);
        var answer = await client.PostAsync(path, body);
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("text/event-stream", answer.Header("content-type"));
        return answer.Text;
    }

    private sealed record SseEvent(string Event, string Data, JsonElement? Json)
    {
        public static SseEvent Parse(string text)
        {
            var lines = text.Split('\n');
            var name = lines.FirstOrDefault(l => l.StartsWith("event: ", StringComparison.Ordinal))?["event: ".Length..];
            var data = lines.FirstOrDefault(l => l.StartsWith("data: ", StringComparison.Ordinal))?["data: ".Length..];
            return new(name ?? "", data ?? "", data?.StartsWith('{') == true ? JsonDocument.Parse(data).RootElement : null);
        }

        public void Deconstruct(out string name, out JsonElement? json) => (name, json) = (Event, Json);
    }
}
