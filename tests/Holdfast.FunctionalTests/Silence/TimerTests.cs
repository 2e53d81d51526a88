using Holdfast.Recording.Records;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>Each limit is a setting, and what it cuts names it. No limit holds for a turn as a whole.</summary>
public sealed class TimerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.7);

    public static TheoryData<string> Protocols => SilentStream.Protocols;

    /// <summary>The one limit that is the kernel's and the runtime's to keep, so it runs on real time.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_does_not_come_about_names_timeouts_connect(bool stream)
    {
        using var full = await FullBacklog.StartAsync();
        await using var gateway = await TestGateway.StartAsync(
            options => options.Timeouts.Connect = TimeSpan.FromSeconds(0.4), upstreamAddress: full.BaseUrl);
        await using var client = await gateway.ConnectAsync();

        var head = await RequestAsync(client, "anthropic", stream);

        Assert.Equal((504, "upstream_connect_timeout"), (head.Status, head.Header("holdfast-error")));
        Assert.Contains("0.4 s (timeouts.connect)", await client.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_first_byte_that_does_not_come_names_timeouts_firstByte(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Timeouts.FirstByte = Limit, time);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();

        await client.SendTurnAsync(protocol);
        await PassAsync(time, gateway);

        await AssertStatusAsync(client, "first_byte_timeout", "1.7 s (timeouts.firstByte)");
    }

    /// <summary>Headers are no byte of the answer, and do not begin the limit anew.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Headers_without_a_byte_behind_them_name_timeouts_firstByte(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options => options.Timeouts.FirstByte = Limit, time, new SimulatorOptions { OtherModels = "sim", TimeProvider = time });
        var gate = new Gate();
        var late = Limit - TimeSpan.FromSeconds(0.2);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).DelayHeaders(late).GateAfter(0, gate));
        await using var client = await gateway.ConnectAsync();

        await client.SendTurnAsync(protocol);
        await time.WaitForTimerDueInAsync(Limit);
        await time.WaitForTimerDueInAsync(late);
        time.Advance(late);
        await gate.ReachedAsync().WithinTestTimeout();
        time.Advance(Limit - late);

        await AssertStatusAsync(client, "first_byte_timeout", "1.7 s (timeouts.firstByte)");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_silent_stream_names_streaming_stallAfter(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Streaming.StallAfter = Limit, time);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).SilentAfter(2));
        await using var client = await gateway.ConnectAsync();

        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(2));
        await PassAsync(time, gateway);

        var end = await client.ReadTextAsync();
        Assert.Contains("stream_stalled", end, StringComparison.Ordinal);
        Assert.Contains("1.7 s (streaming.stallAfter)", end, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_whole_answer_that_does_not_come_names_timeouts_request(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Timeouts.Request = Limit, time);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();

        await SendWholeAsync(client, protocol);
        await PassAsync(time, gateway);

        await AssertStatusAsync(client, "request_timeout", "1.7 s (timeouts.request)");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_whole_answer_that_stops_halfway_names_timeouts_request(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Timeouts.Request = Limit, time);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Json("{\"a\":").Chunked().GateAfter(1, gate));
        await using var client = await gateway.ConnectAsync();

        await SendWholeAsync(client, protocol);
        await gate.ReachedAsync().WithinTestTimeout();
        await PassAsync(time, gateway);

        await AssertStatusAsync(client, "request_timeout", "1.7 s (timeouts.request)");
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_exchange_beyond_timeouts_total_names_it_before_the_first_byte(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Timeouts.Total = Limit, time);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();

        await client.SendTurnAsync(protocol);
        await PassAsync(time, gateway);

        await AssertStatusAsync(client, "total_timeout", "1.7 s (timeouts.total)");
    }

    /// <summary>The limit of a whole turn holds also where output has reached the client.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_beyond_timeouts_total_names_it_although_the_upstream_speaks(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(options => options.Timeouts.Total = Limit, time);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).GateAfter(2, gate));
        await using var client = await gateway.ConnectAsync();

        await client.BeginTurnAsync(protocol);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events.Take(2));
        await PassAsync(time, gateway);

        var end = await client.ReadTextAsync();
        Assert.Contains("total_timeout", end, StringComparison.Ordinal);
        Assert.Contains("1.7 s (timeouts.total)", end, StringComparison.Ordinal);
    }

    /// <summary>The defaults, eleven minutes, an event a minute.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_turn_of_eleven_minutes_finishes(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(time: time);
        var gate = new Gate();
        var shape = new Simulator.Transcripts.TranscriptShape { Deltas = [.. Enumerable.Repeat("word ", 12)] };
        var transcript = SilentStream.TranscriptOf(protocol, shape);
        gateway.Upstream.Script(Answer.Sse(transcript).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync(protocol);
        await client.ReadEventAsync();

        foreach (var e in transcript.Events.Skip(1))
        {
            time.Advance(TimeSpan.FromMinutes(1));
            gate.Release();
            while (await client.ReadEventAsync() is { } got && got != e.TextOf())
            {
                Assert.True(IsKeepalive(protocol, got), got);
            }
        }

        gate.Open();
        Assert.Null(await client.ReadEventAsync());
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("completed", null), (record.End?.Word(), record.ErrorCode));
        Assert.True(record.TotalMs >= 11 * 60_000);
    }

    private static bool IsKeepalive(string protocol, string entry) =>
        entry == "\n" || entry.StartsWith("event: keepalive\n", StringComparison.Ordinal) || entry == SilentStream.KeepaliveOf(protocol, 0);

    /// <summary>Nothing until just before the limit; then the limit.</summary>
    private static async Task PassAsync(ManualTime time, TestGateway gateway)
    {
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(Limit);
        time.Advance(Limit - SilentStream.Moment);
        Assert.False(gateway.Upstream.Requests.Single().ClientGone.IsCompleted);
        time.Advance(SilentStream.Moment);
    }

    private static Task SendWholeAsync(RawHttpClient client, string protocol)
    {
        var (path, body) = SampleRequests.Turn(protocol, stream: false);
        return client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
    }

    private static Task<RawAnswer> RequestAsync(RawHttpClient client, string protocol, bool stream)
    {
        var (path, body) = SampleRequests.Turn(protocol, stream: stream);
        return client.RequestAsync("POST", path, body, ("Content-Type", "application/json"));
    }

    private static async Task AssertStatusAsync(RawHttpClient client, string code, string words)
    {
        var head = await client.ReadHeadAsync();
        Assert.Equal((504, code), (head.Status, head.Header("holdfast-error")));
        Assert.Contains(words, await client.ReadTextAsync(), StringComparison.Ordinal);
    }
}
