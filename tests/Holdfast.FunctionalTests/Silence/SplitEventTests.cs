using Holdfast.Recording.Records;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>Keepalives stand between events only: never inside one that has partly arrived, never behind the terminal
/// one. The upstream falls silent after every few bytes of a whole stream.</summary>
public sealed class SplitEventTests
{
    public static TheoryData<string, int> ProtocolsAndSlices
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                data.Add(protocol, 13);
                data.Add(protocol, 64);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndSlices))]
    public async Task Wherever_the_upstream_falls_silent_the_keepalive_stands_between_two_events(string protocol, int slice)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                SilentStream.Clocks(options);
                options.Streaming.OpenEarlyAfter = SilentStream.KeepAlive;
                options.Timeouts.FirstByte = options.Streaming.StallAfter = Timeout.InfiniteTimeSpan;
            },
            time);
        var gate = new Gate();
        var whole = SilentStream.TranscriptOf(protocol, new TranscriptShape { Deltas = ["Ü", "🙂"] });
        var slices = Sliced(whole, slice);
        gateway.Upstream.Script(Answer.Sse(slices).GateEvery(gate).GateAfter(slices.Events.Count, gate));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);

        // 1. Silence after each slice: the events it completed, then one keepalive.
        var sent = 0;
        var got = new StringBuilder();
        var ends = Ends(whole);
        var isOpen = false;
        foreach (var part in slices.Events.SkipLast(1))
        {
            gate.Release();
            var complete = ends.Count(end => end > sent && end <= sent + part.Bytes.Length);
            sent += part.Bytes.Length;
            if (complete > 0 && !isOpen)
            {
                await client.ReadHeadAsync();
                isOpen = true;
            }

            for (var i = 0; i < complete; i++)
            {
                got.Append(await client.ReadEventAsync());
            }

            await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
            time.Advance(SilentStream.KeepAlive);
            if (!isOpen)
            {
                await client.ReadHeadAsync();
                isOpen = true;
            }

            Assert.Contains(await client.ReadEventAsync(), Keepalives(protocol));
        }

        // 2. The terminal event, then silence before the body's end: nothing more may come.
        gate.Release();
        var rest = ends.Count(end => end > sent);
        for (var i = 0; i < rest; i++)
        {
            got.Append(await client.ReadEventAsync());
        }

        if (protocol != "gemini")
        {
            await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(2));
            time.Advance(3 * SilentStream.KeepAlive);
        }

        gate.Open();
        Assert.Null(await client.ReadEventAsync());
        Assert.Equal("", client.PartialEvent);
        Assert.Equal(whole.Text, got.ToString());
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    private static Transcript Sliced(Transcript whole, int length)
    {
        var events = new List<TranscriptEvent>();
        for (var at = 0; at < whole.Bytes.Length; at += length)
        {
            events.Add(new(whole.Bytes[at..Math.Min(at + length, whole.Bytes.Length)], EventRole.Delta));
        }

        return new Transcript(whole.Protocol, events, "text/event-stream");
    }

    private static List<int> Ends(Transcript whole)
    {
        var ends = new List<int>();
        foreach (var e in whole.Events)
        {
            ends.Add((ends.Count == 0 ? 0 : ends[^1]) + e.Bytes.Length);
        }

        return ends;
    }

    private static IEnumerable<string> Keepalives(string protocol) => protocol == "openai-responses"
        ? Enumerable.Range(0, 40).Select(i => SilentStream.KeepaliveOf(protocol, i)).Append("\n")
        : [SilentStream.KeepaliveOf(protocol, 0)];
}
