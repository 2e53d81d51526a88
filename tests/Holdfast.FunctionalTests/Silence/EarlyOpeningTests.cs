using Holdfast.Recording.Records;
using Holdfast.Configuration;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>Silence before the first byte is covered too: a stream is opened at its deadline, and until then an error is
/// still an HTTP status. Gateway and upstream share one clock that the test moves.</summary>
public sealed class EarlyOpeningTests
{
    private const string Codex = "User-Agent: codex_exec/0.169.0 (Debian 12)\r\n";
    private const string Forwarded = "X-Forwarded-For: 192.0.2.7\r\n";

    private static readonly TimeSpan Half = TimeSpan.FromSeconds(0.5);

    public static TheoryData<string> Protocols => SilentStream.Protocols;

    /// <summary>Who calls, from where, what is configured, and the deadline that results.</summary>
    public static TheoryData<string, bool, double?, double> Deadlines => new()
    {
        { "", false, null, 45 },
        { "", true, null, 20 },
        { Forwarded, false, null, 20 },
        { Forwarded, true, null, 20 },
        { Codex, true, null, 20 },
        { Codex + Forwarded, false, null, 20 },
        { "", false, 31, 31 },
        { "", true, 90, 90 },
        { Codex, false, 31, 31 },
    };

    [Theory]
    [MemberData(nameof(Deadlines))]
    public async Task Before_the_deadline_an_error_is_a_status(string headers, bool isRemote, double? configured, double deadline)
    {
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, configured, isRemote);
        var delay = TimeSpan.FromSeconds(deadline) - Half;
        gateway.Upstream.Script(Answer.Error(529).DelayHeaders(delay));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("anthropic", headers);

        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(deadline));
        await time.WaitForTimerDueInAsync(delay);
        time.Advance(delay);

        Assert.Equal(529, (await client.ReadHeadAsync()).Status);
        Assert.Contains("overloaded_error", await client.ReadTextAsync(), StringComparison.Ordinal);
        Assert.False((await gateway.NextRecordAsync()).OpenedEarly);
    }

    [Theory]
    [MemberData(nameof(Deadlines))]
    public async Task At_the_deadline_the_stream_opens_and_an_error_is_told_inside_it(
        string headers, bool isRemote, double? configured, double deadline)
    {
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, configured, isRemote);
        var delay = TimeSpan.FromSeconds(deadline) + Half;
        gateway.Upstream.Script(Answer.Error(529).DelayHeaders(delay));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("anthropic", headers);

        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(deadline));
        await time.WaitForTimerDueInAsync(delay);
        time.Advance(TimeSpan.FromSeconds(deadline));
        var head = await client.ReadHeadAsync();
        var keepalive = await client.ReadEventAsync();
        time.Advance(Half);
        var error = SseTranscript.Parse(await client.ReadToEndAsync()).Events.Single();

        Assert.Equal((200, "early"), (head.Status, head.Header("holdfast-opened")));
        Assert.Equal("text/event-stream; charset=utf-8", head.Header("content-type"));
        Assert.Equal(SilentStream.KeepaliveOf("anthropic", 0), keepalive);
        Assert.Equal(("error", "overloaded_error"), (error.Type, error.Json.GetProperty("error").GetProperty("type").GetString()));
        Assert.True((await gateway.NextRecordAsync()).OpenedEarly);
    }

    /// <summary>Codex waits 900 s for headers, and only 300 s for events; and a deadline may be switched off.</summary>
    [Theory]
    [InlineData(Codex, null)]
    [InlineData("originator: codex_vscode\r\n", null)]
    [InlineData("", "off")]
    public async Task A_stream_that_is_never_opened_early_keeps_its_status_to_the_end(string headers, string? setting)
    {
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, setting is null ? null : -1, isRemote: false);
        var delay = TimeSpan.FromSeconds(299.5);
        gateway.Upstream.Script(Answer.Error(503).DelayHeaders(delay));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("openai-responses", headers);

        await time.WaitForTimerDueInAsync(delay);
        time.Advance(delay);

        Assert.Equal(503, (await client.ReadHeadAsync()).Status);
    }

    /// <summary>75 s before the first byte, then a whole answer, in every protocol.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_slow_answer_follows_the_keepalives_of_its_opening(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time, Shared(time));
        var delay = TimeSpan.FromSeconds(75);
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).DelayHeaders(delay));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        await time.WaitForTimerDueInAsync(SilentStream.OpenEarly);
        await time.WaitForTimerDueInAsync(delay);

        time.Advance(SilentStream.OpenEarly);
        await client.ReadHeadAsync();
        var wanted = protocol == "openai-responses" ? "\n" : SilentStream.KeepaliveOf(protocol, 0);
        Assert.Equal(wanted, await client.ReadEventAsync());
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(wanted, await time.AfterSilenceAsync(client));
        }

        await time.WaitForTimerDueInAsync(SilentStream.KeepAlive);
        time.Advance(delay - time.Elapsed);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events);
        Assert.Null(await client.ReadEventAsync());
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>The upstream's headers alone are no byte of the answer.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_upstream_that_says_nothing_behind_its_headers_is_covered_alike(string protocol)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(SilentStream.Clocks, time);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf(protocol)).GateAfter(0, gate));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        await gate.ReachedAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(SilentStream.OpenEarly);

        time.Advance(SilentStream.OpenEarly);
        var head = await client.ReadHeadAsync();
        await client.ReadEventAsync();
        gate.Open();

        Assert.Equal(200, head.Status);
        await client.ReadEventsAsync(SilentStream.TranscriptOf(protocol).Events);
        Assert.Null(await client.ReadEventAsync());
    }

    /// <summary>Keepalives switched off: the deadline still sends the headers, for clients that wait for those.</summary>
    [Fact]
    public async Task Without_keepalives_the_deadline_sends_the_headers_alone()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                SilentStream.Clocks(options);
                options.Streaming.KeepAliveAfter = Timeout.InfiniteTimeSpan;
            },
            time);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic")).GateAfter(0, gate));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("anthropic");
        await gate.ReachedAsync().WithinTestTimeout();
        await time.WaitForTimerDueInAsync(SilentStream.OpenEarly);

        time.Advance(SilentStream.OpenEarly);
        var head = await client.ReadHeadAsync();
        gate.Open();

        Assert.Equal(200, head.Status);
        await client.ReadEventsAsync(SilentStream.TranscriptOf("anthropic").Events);
        Assert.Equal(0, (await gateway.NextRecordAsync()).Keepalives);
    }

    private static SimulatorOptions Shared(ManualTime time) => new() { OtherModels = "sim", TimeProvider = time };

    private static Task<TestGateway> StartAsync(ManualTime time, double? openEarlyAfter, bool isRemote)
    {
        void Configure(HoldfastOptions options) => options.Streaming.OpenEarlyAfter = openEarlyAfter switch
        {
            null => null,
            < 0 => Timeout.InfiniteTimeSpan,
            { } seconds => TimeSpan.FromSeconds(seconds),
        };

        return TestGateway.StartAsync(Configure, time, Shared(time), treatsLoopbackAsRemote: isRemote);
    }
}
