using Holdfast.Recording.Records;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>When every candidate is limited and the first limit resets soon, a stream waits for it, kept alive; whoever
/// cannot be kept alive, or would have to wait too long, is told at once.</summary>
public sealed class WaitingRoomTests
{
    private static readonly TimeSpan OpenEarly = TimeSpan.FromSeconds(5.7);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(4.3);
    private static readonly TimeSpan Reset = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_waits_for_the_first_limit_to_reset_and_is_answered(string protocol)
    {
        var time = new ManualTime();
        await using var chain = await StartLimitedAsync(time);
        await using var client = await chain.SendAsync(protocol);
        await time.WaitForTimerDueInAsync(Reset);

        // 1. Opened early, then kept alive.
        time.Advance(OpenEarly);
        var head = await client.ReadHeadAsync();
        Assert.Equal((200, "early"), (head.Status, head.Header("holdfast-opened")));
        Assert.NotNull(await client.ReadEventAsync());
        for (var i = 0; i < 3; i++)
        {
            await time.WaitForTimerDueInAsync(KeepAlive);
            time.Advance(KeepAlive);
            Assert.NotNull(await client.ReadEventAsync());
        }

        // 2. Answered when the limit is over.
        Assert.Equal([1, 1], chain.Ledger);
        await time.WaitForTimerDueInAsync(Reset - OpenEarly - (3 * KeepAlive));
        time.Advance(Reset - time.Elapsed);
        Assert.Equal(Turns.HealthyText(protocol, stream: true), await client.ReadTextAsync());

        // 3. One record of it all.
        Assert.Equal([2, 1], chain.Ledger);
        var record = await chain.NextRecordAsync();
        Assert.Equal(("completed", 3, 20_000.0), (record.End?.Word(), record.Attempts, record.WaitedMs));
        Assert.Equal(["fallback", "wait"], record.FailedAttempts!.Select(one => one.Action));
        Assert.Equal(1, await chain.Gateway.MetricAsync("holdfast_limit_waits_total"));
    }

    /// <summary>A single candidate's limit as well.</summary>
    [Fact]
    public async Task A_single_candidates_limit_is_waited_for()
    {
        var time = new ManualTime();
        await using var chain = await ChainGateway.StartAsync(count: 1, time: time);
        chain.First.Script(Answer.Error(429).Header("retry-after", "20"), Turns.Healthy);
        await using var client = await chain.SendAsync();

        await time.WaitForTimerDueInAsync(Reset);
        time.Advance(Reset);

        var got = await client.ReadAnswerAsync();
        Assert.Equal((200, Turns.HealthyText("anthropic", stream: true)), (got.Status, got.Text));
    }

    /// <summary>A candidate whose limit is known from another exchange is not asked before that limit is over.</summary>
    [Fact]
    public async Task A_turn_that_finds_everybody_limited_waits_before_it_asks()
    {
        var time = new ManualTime();
        await using var chain = await StartLimitedAsync(time, secondReset: 40);
        Assert.Equal(429, (await chain.AskAsync(stream: false)).Status);
        await using var client = await chain.SendAsync();

        await time.WaitForTimerDueInAsync(Reset);
        Assert.Equal([1, 1], chain.Ledger);
        time.Advance(Reset);

        Assert.Contains(Turns.HealthyText("anthropic", stream: true), (await client.ReadAnswerAsync()).Text, StringComparison.Ordinal);
        Assert.Equal([2, 1], chain.Ledger);
    }

    [Theory]
    [InlineData(61, 60)]
    [InlineData(20, 19)]
    [InlineData(20, 0)]
    public async Task A_limit_beyond_the_clients_patience_is_told_at_once(int reset, int patience)
    {
        await using var chain = await StartLimitedAsync(new ManualTime(), options =>
            options.Failover.WaitForLimits = patience == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(patience), reset);

        var answer = await chain.AskAsync();

        Assert.Equal((429, $"{reset}"), (answer.Status, answer.Header("retry-after")));
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_answer_that_is_not_streamed_does_not_wait(string protocol)
    {
        await using var chain = await StartLimitedAsync(new ManualTime());

        Assert.Equal(429, (await chain.AskAsync(protocol, stream: false)).Status);

        Assert.Equal([1, 1], chain.Ledger);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_leaves_ends_its_wait(bool isOpened)
    {
        var time = new ManualTime();
        await using var chain = await StartLimitedAsync(time);
        var client = await chain.SendAsync();
        await time.WaitForTimerDueInAsync(Reset);
        if (isOpened)
        {
            time.Advance(OpenEarly);
            await client.ReadHeadAsync();
        }

        client.Reset();

        var record = await chain.NextRecordAsync();
        Assert.Equal(("client_aborted", "client"), (record.End?.Word(), record.EndSide?.Word()));
        time.Advance(Reset);
        Assert.Equal([1, 1], chain.Ledger);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_gateway_that_must_stop_ends_the_wait_with_a_typed_error(string protocol)
    {
        var time = new ManualTime();
        await using var chain = await StartLimitedAsync(time);
        await using var client = await chain.SendAsync(protocol);
        await time.WaitForTimerDueInAsync(Reset);
        time.Advance(OpenEarly);
        await client.ReadHeadAsync();

        var stopping = chain.Gateway.StopAsync();
        chain.Gateway.Services.GetRequiredService<Drain>().Force();

        var stream = SseTranscript.Parse(await client.ReadTextAsync());
        var tail = stream.Events.Where(e => e.Type is not ("ping" or "response.created")).ToList();
        Assert.Equal("gateway_stopped", TerminalError.OfStream(protocol, tail).Code);
        Assert.Equal("gateway_stopped", (await chain.NextRecordAsync()).ErrorCode);
        await stopping.WithinTestTimeout();
    }

    /// <summary>Several waits of one exchange share its patience.</summary>
    [Fact]
    public async Task A_limit_that_comes_again_is_waited_for_until_the_patience_is_spent()
    {
        var time = new ManualTime();
        await using var chain = await ChainGateway.StartAsync(count: 1, time: time);
        chain.First.Always(Answer.Error(429).Header("retry-after", "25"));
        await using var client = await chain.SendAsync(headers: "x-stainless-timeout: 600\r\n");
        for (var i = 0; i < 2; i++)
        {
            await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(25));
            time.Advance(TimeSpan.FromSeconds(25));
        }

        var answer = await client.ReadAnswerAsync();

        Assert.Contains("rate_limit_error", answer.Text, StringComparison.Ordinal);
        Assert.Equal(3, chain.First.RequestCount);
        Assert.Equal(50_000, (await chain.NextRecordAsync()).WaitedMs);
    }

    /// <summary>Both candidates are limited once, the first for this long and the second for longer; then they are well.</summary>
    private static async Task<ChainGateway> StartLimitedAsync(
        ManualTime time, Action<HoldfastOptions>? configure = null, int reset = 20, int secondReset = 600)
    {
        var chain = await ChainGateway.StartAsync(time: time, configure: options =>
        {
            options.Streaming.OpenEarlyAfter = OpenEarly;
            options.Streaming.KeepAliveAfter = KeepAlive;
            configure?.Invoke(options);
        });
        chain.First.Script(Answer.Error(429).Header("retry-after", $"{reset}"));
        chain.Second.Script(Answer.Error(429).Header("retry-after", $"{secondReset}"));
        chain.First.Always(Turns.Healthy);
        chain.Second.Always(Turns.Healthy);
        return chain;
    }
}
