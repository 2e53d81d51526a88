using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>Once the client has output, no other answer takes its place; the stream ends with its terminal error.</summary>
public sealed class AfterCommitTests
{
    private static readonly (string Name, Func<Answer, int, Answer> Fault, string Code)[] Faults =
    [
        ("rst", (answer, events) => answer.ResetAfterEvent(events), "stream_reset"),
        ("fin", (answer, events) => answer.FinAfterEvent(events), "stream_hangup"),
        ("eof", (answer, events) => answer.CleanEndAfterEvent(events), "stream_truncated"),
        ("stall", (answer, events) => answer.SilentAfter(events), "stream_stalled"),
    ];

    public static TheoryData<string, string> FaultsAndProtocols
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (name, _, _) in Faults)
            {
                foreach (var protocol in SampleRequests.Protocols)
                {
                    data.Add(name, protocol);
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [MemberData(nameof(FaultsAndProtocols))]
    public async Task A_stream_lost_after_output_ends_in_one_terminal_error_and_nobody_else_is_asked(string name, string protocol)
    {
        var (_, fault, code) = Faults.Single(one => one.Name == name);
        await using var chain = await ChainGateway.StartAsync(
            configure: options => options.Streaming.StallAfter = TimeSpan.FromSeconds(name == "stall" ? 1 : 60));
        var events = Turns.HandshakeOf(protocol) + 1;
        chain.First.Always(fault(Answer.Sse(Turns.TranscriptOf(protocol)), events).Header("connection", "close"));

        var answer = await chain.AskAsync(protocol);

        var stream = SseTranscript.Parse(answer.Text);
        Assert.Equal(Turns.TranscriptOf(protocol).Events.Take(events).Select(e => System.Text.Encoding.UTF8.GetString(e.Bytes.Span)),
            stream.Events.Take(events).Select(e => e.Raw));
        Assert.Equal(code, TerminalError.OfStream(protocol, [.. stream.Events.Skip(events)]).Code);
        Assert.Equal((200, BodyEnd.CleanEnd, ChainGateway.NameOf(protocol, 0)), (answer.Status, answer.End, answer.Upstream));
        Assert.Equal([1, 0], chain.Ledger);
        var record = await chain.NextRecordAsync();
        Assert.Equal(("failed", 1, null), (record.End?.Word(), record.Attempts, record.FallbackReason));
        Assert.Equal(("committed", "surface"), (record.FailedAttempts!.Single().Phase.Word(), record.FailedAttempts!.Single().Action));
    }

    /// <summary>The upstream's error event goes through as the upstream wrote it.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_error_event_after_output_reaches_the_client_and_nobody_else_is_asked(string protocol)
    {
        await using var chain = await ChainGateway.StartAsync();
        var events = Turns.HandshakeOf(protocol) + 1;
        chain.First.Always(Answer.Sse(Turns.TranscriptOf(protocol)).ErrorEventAfter(events));

        var answer = await chain.AskAsync(protocol);

        Assert.StartsWith(
            string.Concat(Turns.TranscriptOf(protocol).Events.Take(events).Select(e => System.Text.Encoding.UTF8.GetString(e.Bytes.Span))),
            answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"error\"", answer.Text, StringComparison.Ordinal);
        Assert.Equal([1, 0], chain.Ledger);
        var record = await chain.NextRecordAsync();
        Assert.Equal(("upstream_error", 1), (record.End?.Word(), record.Attempts));
    }

    /// <summary>Thinking is output: its signature holds for its own upstream alone.</summary>
    [Fact]
    public async Task A_stream_lost_after_thinking_is_not_tried_elsewhere()
    {
        await using var chain = await ChainGateway.StartAsync();
        chain.First.Always(Answer.Like("sim-think3-n3").ResetAfterEvent(4));

        var answer = await chain.AskAsync();

        Assert.Contains("thinking_delta", answer.Text, StringComparison.Ordinal);
        Assert.Contains("event: error", answer.Text, StringComparison.Ordinal);
        Assert.Equal([1, 0], chain.Ledger);
    }

    /// <summary>A whole answer that has begun to flow is cut visibly, never begun anew.</summary>
    [Fact]
    public async Task A_large_whole_answer_that_is_cut_while_it_flows_is_not_tried_elsewhere()
    {
        await using var chain = await ChainGateway.StartAsync();
        var body = $$"""{"text":"{{new string('x', 8 * 1024 * 1024)}}"}""";
        chain.First.Always(Answer.Json(body).FinAfter(6 * 1024 * 1024));

        var answer = await chain.AskAsync(stream: false);

        Assert.Equal(200, answer.Status);
        Assert.NotEqual(BodyEnd.CleanEnd, answer.End);
        Assert.Equal([1, 0], chain.Ledger);
    }
}
