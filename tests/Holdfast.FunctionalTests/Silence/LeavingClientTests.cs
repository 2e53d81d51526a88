using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A client that leaves ends its exchange at once, upstream too, and that is nobody's failure; a client that
/// leaves with its terminal event in hand has succeeded.</summary>
public sealed class LeavingClientTests
{
    public static TheoryData<string> Protocols => SilentStream.Protocols;

    public static TheoryData<string, bool> ProtocolsAndEnds
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                data.Add(protocol, true);
                data.Add(protocol, false);
            }

            return data;
        }
    }

    public static MatrixTheoryData<string, bool, bool> ProtocolsEndsAndJournals =>
        new(SampleRequests.Protocols, [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(ProtocolsAndEnds))]
    public async Task A_client_that_leaves_in_the_middle_of_a_stream_cancels_it_upstream(string protocol, bool byReset)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).SilentAfter(3));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(3));
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        Leave(client, byReset);

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        await AssertAbortedAsync(gateway, isSse: true, status: 200);
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndEnds))]
    public async Task A_client_that_leaves_before_the_headers_cancels_upstream(string protocol, bool byReset)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        Leave(client, byReset);

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        await AssertAbortedAsync(gateway, isSse: false, status: 0);
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndEnds))]
    public async Task A_client_that_leaves_an_early_opened_stream_cancels_upstream(string protocol, bool byReset)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(SilentStream.OpenEarly);
        time.Advance(SilentStream.OpenEarly);
        await client.ReadHeadAsync();
        await client.ReadEventAsync();

        Leave(client, byReset);

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        await AssertAbortedAsync(gateway, isSse: true, status: 200);
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndEnds))]
    public async Task A_client_that_leaves_a_whole_answer_cancels_upstream(string protocol, bool byReset)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, stream: false);
        await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        Leave(client, byReset);

        Assert.NotEqual(ClientEnd.EndedByUs, await request.ClientGone.WithinTestTimeout());
        await AssertAbortedAsync(gateway, isSse: false, status: 0);
    }

    /// <summary>A half-close counts as leaving.</summary>
    [Fact]
    public async Task A_client_that_closes_only_its_sending_side_has_left()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic")).SilentAfter(3));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync("anthropic");
        await client.ReadEventAsync();

        client.HalfClose();

        await AssertAbortedAsync(gateway, isSse: true, status: 200);
    }

    /// <summary>An upstream that never pauses must not hide the client's leaving.</summary>
    [Fact]
    public async Task A_client_that_leaves_a_torrent_stops_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Script(Answer.Sse(LongStream.Of(megabytes: 64)));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync("openai-chat");
        await client.ReadPieceAsync();
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        client.Reset();

        Assert.Equal(AnswerEnd.ClientGone, await request.Answered.WithinTestTimeout());
        await AssertAbortedAsync(gateway, isSse: true, status: 200);
    }

    /// <summary>Codex always does it; its upstream is read to the end, and the connection serves the next turn.</summary>
    [Theory]
    [MemberData(nameof(ProtocolsEndsAndJournals))]
    public async Task A_client_that_leaves_after_its_terminal_event_has_succeeded(string protocol, bool byReset, bool hasJournal)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Journal = new() { Enabled = hasJournal }, time);
        var gate = new Gate();
        var events = SilentStream.TranscriptOf(protocol).Events;
        gateway.Upstream.Script(
            Answer.Sse(SilentStream.TranscriptOf(protocol)).GateAfter(events.Count, gate), Answer.Ok());
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(events);
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        Leave(client, byReset);
        await gateway.WhenClientsAreGoneAsync();
        gate.Open();

        Assert.Equal(AnswerEnd.Sent, await request.Answered.WithinTestTimeout());
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("completed", null, null), (record.End?.Word(), record.EndSide?.Word(), record.Error));
        await using var next = await gateway.ConnectAsync();
        await next.BeginTurnAsync(protocol);
        await next.ReadToEndAsync();
        Assert.Equal(2, (await gateway.Upstream.NextRequestAsync().WithinTestTimeout()).NumberOnConnection);
    }

    /// <summary>An upstream that keeps a finished stream open is let go after 2 s; the client had its end long before.</summary>
    [Fact]
    public async Task An_upstream_that_stays_open_after_the_terminal_event_is_let_go()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(time: time);
        var events = SilentStream.TranscriptOf("openai-responses").Events;
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("openai-responses")).GateAfter(events.Count, new Gate()));
        await using var client = await gateway.ConnectAsync();
        await client.BeginTurnAsync("openai-responses");
        await client.ReadEventsAsync(events);

        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(2));
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(await client.ReadEventAsync());
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    private static void Leave(RawHttpClient client, bool byReset)
    {
        if (byReset)
        {
            client.Reset();
        }
        else
        {
            client.Close();
        }
    }

    private static async Task AssertAbortedAsync(TestGateway gateway, bool isSse, int status)
    {
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("client_aborted", "client", "client_aborted", "client"),
            (record.End?.Word(), record.EndSide?.Word(), record.Error, record.ClosedFirst?.Word()));
        Assert.Equal((isSse, status), (record.IsSse, record.Status));

        // Never an upstream failure: neither in the exchanges' nor in the attempts' count.
        await using var metrics = await gateway.ConnectAsync();
        await metrics.RequestAsync("GET", "/metrics");
        var counts = (await metrics.ReadTextAsync()).Split('\n')
            .Where(line => line.StartsWith("holdfast_attempts_total", StringComparison.Ordinal)
                || line.StartsWith("holdfast_exchanges_total", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, counts.Count);
        Assert.All(counts, line => Assert.DoesNotContain("end_side=\"upstream\"", line, StringComparison.Ordinal));
        Assert.All(counts, line => Assert.True(
            line.Contains("client_aborted", StringComparison.Ordinal) || line.Contains("\"answered\"", StringComparison.Ordinal), line));
    }
}
