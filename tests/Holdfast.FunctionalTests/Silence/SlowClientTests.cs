using Holdfast.Recording.Records;
using Holdfast.FunctionalTests.Hosting;
using Holdfast.Simulator.Answers;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>A client that reads slowly holds its upstream back, and costs neither memory nor its turn.</summary>
public sealed class SlowClientTests
{
    private const int Megabyte = 1024 * 1024;

    // What two socket buffers of the kernel's own choosing, and ours between them, may hold.
    private const int MostUnderWay = 12 * Megabyte;

    /// <summary>However far the client has come, the gateway has taken little more from the upstream.</summary>
    [Fact]
    public async Task The_upstream_of_a_slow_client_is_held_back()
    {
        await using var gateway = await TestGateway.StartAsync();
        var stream = LongStream.Of(megabytes: 50);
        gateway.Upstream.Script(Answer.Sse(stream));
        await using var client = await RawHttpClient.ConnectAsync(gateway.Address, receiveBuffer: 16 * 1024);
        await client.BeginTurnAsync("openai-chat");
        var exchange = gateway.Services.GetRequiredService<OpenExchanges>().Snapshot().Single();
        var request = await gateway.Upstream.NextRequestAsync().WithinTestTimeout();

        // 1. It begins to read when everything between it and the upstream is full.
        await RealIdling.ForAsync(TimeSpan.FromSeconds(1));
        Assert.False(request.Answered.IsCompleted);

        // 2. It reads the half, and the upstream is never far ahead.
        var read = 0L;
        var next = 0;
        while (read < 25 * Megabyte)
        {
            var text = (await client.ReadEventAsync())!;
            read += text.Length;
            Assert.Equal(next++, LongStream.NumberOf(text));
            Assert.InRange(exchange.BytesSent - read, 0, MostUnderWay);
        }

        // 3. What is left comes whole.
        Assert.False(request.Answered.IsCompleted);
        while (await client.ReadEventAsync() is { } text && LongStream.NumberOf(text) >= 0)
        {
            Assert.Equal(next++, LongStream.NumberOf(text));
        }

        await client.ReadToEndAsync();
        Assert.Equal((BodyEnd.CleanEnd, stream.Events.Count - 2), (client.End, next));
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>The time in which the client does not read is not the upstream's silence. The sockets between them are
    /// real, so the limit is short and the pause is real.</summary>
    [Fact]
    public async Task A_client_that_pauses_for_longer_than_the_stall_limit_keeps_its_stream()
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Streaming.StallAfter = TimeSpan.FromSeconds(2));
        gateway.Upstream.Script(Answer.Sse(LongStream.Of(megabytes: 24)));
        await using var client = await RawHttpClient.ConnectAsync(gateway.Address, receiveBuffer: 16 * 1024);
        await client.BeginTurnAsync("openai-chat");
        await client.ReadEventAsync();

        await RealIdling.ForAsync(TimeSpan.FromSeconds(5));
        var rest = await client.ReadToEndAsync();

        Assert.EndsWith("data: [DONE]\n\n", System.Text.Encoding.UTF8.GetString(rest.AsSpan(^20..)), StringComparison.Ordinal);
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    /// <summary>Keepalives become due while content waits for the client, before, between and after it; they land
    /// between events and change neither their order nor their bytes.</summary>
    [Fact]
    public async Task Keepalives_that_come_due_under_backpressure_reorder_nothing()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                SilentStream.Clocks(options);
                options.Streaming.StallAfter = Timeout.InfiniteTimeSpan;
            },
            time);
        var stream = LongStream.Of(megabytes: 16);
        var gate = new Gate();
        var half = stream.Events.Count / 2;
        gateway.Upstream.Script(Answer.Sse(stream).GateAfter(half, gate));
        await using var client = await RawHttpClient.ConnectAsync(gateway.Address, receiveBuffer: 16 * 1024);
        await client.BeginTurnAsync("openai-chat");

        // 1. The clock runs wild while the client reads: whatever the loop does just then, a keepalive may come due.
        var next = 0;
        var keepalives = 0;
        while (next < half)
        {
            time.Advance(SilentStream.KeepAlive);
            Take(await client.ReadEventAsync());
        }

        // 2. True silence between the halves, then the other half.
        for (var i = 0; i < 3; i++)
        {
            Take(await time.AfterSilenceAsync(client));
        }

        gate.Open();
        while (await client.ReadEventAsync() is { } entry)
        {
            Take(entry);
        }

        Assert.Equal(stream.Events.Count, next);
        Assert.True(keepalives >= 3);
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("completed", keepalives), (record.End?.Word(), record.Keepalives));

        void Take(string? entry)
        {
            if (entry == SilentStream.KeepaliveOf("openai-chat", 0))
            {
                keepalives++;
            }
            else
            {
                Assert.Equal(stream.Events[next++].TextOf(), entry);
            }
        }
    }
}
