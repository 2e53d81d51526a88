using Holdfast.Simulator.Answers;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>An upstream's silence is never invisible.</summary>
public sealed class SilenceAgeTests
{
    [Fact]
    public async Task A_live_stream_lists_how_long_its_upstream_has_been_silent_and_warns_above_the_threshold()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(time: time);
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Sse(SilentStream.TranscriptOf("anthropic")).GateEvery(gate));
        await using var client = await gateway.ConnectAsync();
        gate.Release();
        await client.BeginTurnAsync("anthropic");
        await client.ReadEventAsync();
        var open = gateway.Services.GetRequiredService<OpenExchanges>();

        // 1. The age grows with the clock, keepalives or not.
        time.Advance(TimeSpan.FromSeconds(42));
        var young = open.Snapshot().Single();
        Assert.Equal((TimeSpan.FromSeconds(42), "committed", "anthropic"), (young.Silence, young.Phase, young.Upstream));
        Assert.DoesNotContain(gateway.Log.Entries, entry => entry.Message.Contains("has been silent", StringComparison.Ordinal));

        // 2. Above the threshold: a warning with the exchange's name, and a counter.
        time.Advance(TimeSpan.FromSeconds(23));
        var warning = await gateway.Log.WaitForAsync("has been silent for 6");
        Assert.Contains(open.Snapshot().Single().ExchangeId, warning.Message, StringComparison.Ordinal);
        await using var other = await gateway.ConnectAsync();
        await other.RequestAsync("GET", "/metrics");
        Assert.Contains(
            "holdfast_silent_streams_total{holdfast_protocol=\"anthropic\",holdfast_upstream=\"anthropic\"} 1",
            await other.ReadTextAsync(), StringComparison.Ordinal);

        // 3. A byte makes it young again.
        gate.Release();
        while (!(await client.ReadEventAsync())!.Contains("content_block_start", StringComparison.Ordinal))
        {
            // Keepalives.
        }

        Assert.Equal(TimeSpan.Zero, open.Snapshot().Single().Silence);
    }

    [Fact]
    public async Task A_request_that_waits_for_its_first_byte_is_listed_too()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(time: time);
        gateway.Upstream.Script(Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)));
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync("openai-chat");
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        time.Advance(TimeSpan.FromSeconds(30));

        var exchange = gateway.Services.GetRequiredService<OpenExchanges>().Snapshot().Single();
        Assert.Equal((TimeSpan.FromSeconds(30), "openai-chat", "test"), (exchange.Silence, exchange.Protocol, exchange.Model));
    }
}
