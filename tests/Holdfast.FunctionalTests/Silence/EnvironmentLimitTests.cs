using Holdfast.Configuration;
using Holdfast.Configuration.Sources;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>The limits of the environment, read as the program reads them, and what they do at the front door.</summary>
public sealed class EnvironmentLimitTests
{
    private static readonly TimeSpan Given = TimeSpan.FromSeconds(1.5);

    [Fact]
    public void Without_variables_the_limits_are_five_minutes_ten_minutes_and_ten_seconds()
    {
        var options = Load();

        Assert.Equal(TimeSpan.FromSeconds(10), options.Streaming.KeepAliveAfter);
        Assert.Null(options.Streaming.OpenEarlyAfter);
        Assert.Equal(TimeSpan.FromSeconds(300), options.Streaming.StallAfter);
        Assert.Equal(TimeSpan.FromSeconds(300), options.Timeouts.FirstByte);
        Assert.Equal(TimeSpan.FromSeconds(600), options.Timeouts.Request);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Timeouts.Connect);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Timeouts.Total);
    }

    /// <summary>An idle limit that the upstream's bytes reset, never a total.</summary>
    [Fact]
    public async Task STREAM_TIMEOUT_lets_a_trickle_pass_for_three_times_its_length_and_fails_silence()
    {
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, ("STREAM_TIMEOUT", "1.5"));
        var gate = new Gate();
        var events = SilentStream.TranscriptOf("openai-chat").Events;
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("openai-chat")).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync("openai-chat");
        await client.ReadEventsAsync(events.Take(1));

        // 1. 4 × 0.9 of the limit.
        for (var i = 1; i <= 4; i++)
        {
            time.Advance(0.9 * Given);
            gate.Release();
            Assert.Equal(events[i].TextOf(), await client.ReadEventAsync());
        }

        // 2. Silence: not before the limit, and at it.
        time.Advance(0.9 * Given);
        gate.Release();
        Assert.Equal(events[5].TextOf(), await client.ReadEventAsync());
        time.Advance(Given);
        Assert.Contains("1.5 s (streaming.stallAfter)", await client.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task STREAM_TIMEOUT_limits_the_first_byte_of_a_stream()
    {
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, ("STREAM_TIMEOUT", "1.5"));
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();

        await client.SendTurnAsync("anthropic");
        await time.WaitForTimerDueInAsync(Given);
        time.Advance(Given);

        Assert.Equal("first_byte_timeout", (await client.ReadHeadAsync()).Header("holdfast-error"));
    }

    [Fact]
    public async Task REQUEST_TIMEOUT_limits_a_whole_answer_and_no_stream()
    {
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, ("REQUEST_TIMEOUT", "1.5"));
        var gate = new Gate();
        gateway.Upstream.Script(
            Answer.Sse(SilentStream.TranscriptOf("anthropic")).GateAfter(1, gate),
            Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var streaming = await gateway.ConnectAsync();
        await using var whole = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        await streaming.BeginTurnAsync("anthropic");
        await streaming.ReadEventAsync();
        var answer = whole.RequestAsync("POST", path, body, ("Content-Type", "application/json"));
        await time.WaitForTimerDueInAsync(Given);
        time.Advance(Given);
        gate.Open();

        Assert.Equal((504, "request_timeout"), ((await answer).Status, (await answer).Header("holdfast-error")));
        await streaming.ReadEventsAsync(SilentStream.TranscriptOf("anthropic").Events.Skip(1));
    }

    /// <summary>Real sockets that swallow our packets.</summary>
    [Theory]
    [InlineData("0.5")]
    [InlineData("1")]
    public async Task CONNECT_TIMEOUT_limits_a_connection_that_never_comes_about(string seconds)
    {
        using var full = await FullBacklog.StartAsync();
        await using var gateway = await StartAsync(TimeProvider.System, full.BaseUrl, ("CONNECT_TIMEOUT", seconds));
        await using var client = await gateway.ConnectAsync();

        var head = await client.BeginTurnAsync("gemini");
        var record = await gateway.NextRecordAsync();

        Assert.Equal((504, "upstream_connect_timeout"), (head.Status, head.Header("holdfast-error")));
        Assert.Contains($"{seconds} s (timeouts.connect)", await client.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Equal("connect ETIMEDOUT", record.Error);
    }

    /// <summary>A connection that is refused needs no limit.</summary>
    [Fact]
    public async Task A_refused_connection_is_told_at_once()
    {
        using var closed = ClosedPort.Reserve();
        var time = new ManualTime();
        await using var gateway = await StartAsync(time, closed.BaseUrl);
        await using var client = await gateway.ConnectAsync();

        await client.SendTurnAsync("anthropic");
        var head = client.ReadHeadAsync();
        while (!head.IsCompleted)
        {
            // The pause before the one repeat is all the time it takes.
            await Task.WhenAny(head, time.WaitForTimerDueInAsync(TimeSpan.FromMilliseconds(100)));
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal((502, "upstream_refused"), ((await head).Status, (await head).Header("holdfast-error")));
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(1));
    }

    private static Task<TestGateway> StartAsync(TimeProvider time, params (string, string)[] variables) =>
        StartAsync(time, upstream: null, variables);

    private static Task<TestGateway> StartAsync(TimeProvider time, Uri? upstream, params (string, string)[] variables)
    {
        var loaded = Load(variables);
        return TestGateway.StartAsync(
            options => (options.Streaming, options.Timeouts) = (loaded.Streaming, loaded.Timeouts), time, upstreamAddress: upstream);
    }

    private static HoldfastOptions Load(params (string Name, string Value)[] variables)
    {
        var result = HoldfastConfiguration.Load(new ConfigurationSources
        {
            Home = Path.GetTempPath(),
            Text = "{}",
            Environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal),
        });
        Assert.Empty(result.Errors);
        return result.Options;
    }
}
