using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Holdfast.Wire;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>An answer that lacks nothing but its closing event gets it from us and counts as repaired: an error
/// there would make the client pay for it twice.</summary>
public sealed class MissingClosingTests
{
    public static TheoryData<string, string> Closings => new()
    {
        { "anthropic", "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n" },
        { "openai-chat", "data: [DONE]\n\n" },
    };

    [Theory]
    [MemberData(nameof(Closings))]
    public async Task A_closing_event_the_upstream_left_out_is_added(string protocol, string closing)
    {
        await using var gateway = await TestGateway.StartAsync();
        var whole = await DirectAsync(gateway, protocol);
        foreach (var answer in (Answer[])
            [Answer.Ok().WithoutTerminalEvent(), Answer.Ok().WithoutTerminalEvent().CloseDelimited()])
        {
            gateway.Upstream.Always(answer);
            var without = await DirectAsync(gateway, protocol);

            var (head, body, end) = await ReadAsync(gateway, protocol);
            var record = await gateway.NextRecordAsync();

            Assert.EndsWith(closing, whole);
            Assert.DoesNotContain(closing, without);
            Assert.Equal(without + closing, body);
            Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, end));
            Assert.Equal(("completed", "repaired", (string?)null), (record.End?.Word(), record.Fidelity?.Word(), record.Error));
        }
    }

    /// <summary>Without the finish reason of every choice the answer is not whole, however it ends.</summary>
    [Fact]
    public async Task An_answer_with_a_choice_that_has_not_finished_is_lost()
    {
        const string TwoChoices =
            """
            data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null},{"index":1,"delta":{"content":"b"},"finish_reason":null}]}

            data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}


            """;
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Sse(SimulatedProtocol.Chat, TwoChoices));

        var (_, body, _) = await ReadAsync(gateway, "openai-chat");

        Assert.StartsWith(TwoChoices, body);
        Assert.Equal("stream_truncated",
            TerminalError.OfStream("openai-chat", [.. SseTranscript.Parse(body).Events.TakeLast(2)]).Code);
        Assert.Equal(ExchangeEnd.Failed, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>A last event without its blank line has arrived whole; clients would drop it.</summary>
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("gemini")]
    public async Task A_last_event_without_its_blank_line_gets_it(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        var whole = await DirectAsync(gateway, protocol);
        gateway.Upstream.Always(Answer.Ok().WithoutFinalBlankLine());

        var (_, body, end) = await ReadAsync(gateway, protocol);
        var record = await gateway.NextRecordAsync();

        Assert.Equal(whole, body);
        Assert.Equal(BodyEnd.CleanEnd, end);
        Assert.Equal(("completed", "repaired"), (record.End?.Word(), record.Fidelity?.Word()));
    }

    private static async Task<(RawAnswer Head, string Body, BodyEnd End)> ReadAsync(TestGateway gateway, string protocol)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);
        var head = await client.RequestAsync("POST", path, body);
        return (head, await client.ReadTextAsync(), client.End);
    }

    private static async Task<string> DirectAsync(TestGateway gateway, string protocol)
    {
        await using var client = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        var (path, body) = SampleRequests.Turn(protocol);
        await client.RequestAsync("POST", path, body);
        return await client.ReadTextAsync();
    }
}
