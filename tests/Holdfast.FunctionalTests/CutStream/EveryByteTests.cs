using Holdfast.Wire;
using Holdfast.Recording.Records;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>A stream cut at any byte, however the upstream cuts it, reaches the client as whole events,
/// then one terminal error of its protocol, then a clean end; and the upstream is asked once.</summary>
public sealed class EveryByteTests
{
    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_reset_at_any_byte_ends_in_one_terminal_error_behind_whole_events(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.ResetAfter(cut), "stream_reset", "read ECONNRESET");

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_close_inside_the_transfer_at_any_byte_ends_in_one_terminal_error_behind_whole_events(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.FinAfter(cut), "stream_hangup", "socket hang up");

    /// <summary>A clean end of the transfer is no end of the answer.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_clean_end_at_any_byte_ends_in_one_terminal_error_behind_whole_events(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.CleanEndAfter(cut), "stream_truncated", "socket hang up");

    /// <summary>A body that only the connection's end delimits, cut by FIN, looks like a clean end to HTTP.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_stream_without_length_or_chunks_that_is_closed_ends_in_one_terminal_error(string protocol) =>
        SweepAsync(protocol, (answer, cut) => answer.CloseDelimited().FinAfter(cut), "stream_truncated", "socket hang up",
            step: 7);

    private static async Task SweepAsync(
        string protocol, Func<Answer, int, Answer> cutAt, string code, string text, int step = 1)
    {
        var stream = CutText.Of(protocol);
        Assert.InRange(stream.Length, 1700, 2300);
        var whole = Answer.Sse(stream.Protocol, stream.Text);
        await using var sweep = await CutSweep.StartAsync(cut => cutAt(whole, cut));
        var cuts = Enumerable.Range(0, stream.Length).Where(cut => cut % step == 0).ToList();

        var answers = await sweep.RunAsync(protocol, stream: true, cuts);
        var records = await sweep.RecordsAsync(cuts.Count);

        Assert.Equal(cuts, answers.Select(answer => answer.Cut));
        Assert.Equal(cuts.Count, sweep.Gateway.Upstream.RequestCount);
        CutSweep.CheckEach(answers, answer =>
        {
            var (relayed, outcome) = stream.After(answer.Cut);
            var record = records[answer.ExchangeId];
            Check(protocol, answer, relayed, outcome, code);
            Assert.Equal(outcome is CutOutcome.Status or CutOutcome.Error ? "failed" : "completed", record.End?.Word());
            Assert.Equal(outcome is CutOutcome.Status or CutOutcome.Error ? text : null, record.Error);
            Assert.Equal(outcome == CutOutcome.Closed ? "repaired" : record.Fidelity?.Word(), record.Fidelity?.Word());
        });
    }

    private static void Check(string protocol, CutAnswer answer, byte[] relayed, CutOutcome outcome, string code)
    {
        Assert.Equal(BodyEnd.CleanEnd, answer.End);
        if (outcome == CutOutcome.Status)
        {
            Assert.Equal(502, answer.Status);
            Assert.Equal(code, answer.Head!.Header("holdfast-error"));
            return;
        }

        Assert.Equal(200, answer.Status);
        Assert.Equal(Encoding.UTF8.GetString(relayed), Encoding.UTF8.GetString(answer.Body[..relayed.Length]));
        if (outcome != CutOutcome.Error)
        {
            Assert.Equal(relayed.Length, answer.Body.Length);
            return;
        }

        // Strict: the whole of it parses, and what stands behind the upstream's events is the error and nothing else.
        SseTranscript.Parse(answer.Body);
        var tail = SseTranscript.Parse(answer.Body.AsSpan(relayed.Length));
        Assert.Equal(tail.Events.Count, tail.Entries.Count);
        var error = TerminalError.OfStream(protocol, tail.Events);
        Assert.Equal((code, "stream", "connection_error"), (error.Code, error.Class, error.Type));
    }
}
