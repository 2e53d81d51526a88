using Holdfast.Connections;
using Holdfast.FunctionalTests.Hosting;
using Holdfast.Simulator;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>After thousands of faulted requests sockets, timers, exchanges and memory are back where they were.</summary>
[Collection(nameof(Alone))]
public sealed class NoLeakTests(ITestOutputHelper output)
{
    private const int AtOnce = 48;
    private const int MoreTimers = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Whole-process figures: nothing else may run beside it.</summary>
    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;

    [Fact]
    public async Task After_ten_thousand_faulted_requests_nothing_is_left()
    {
        await using var gateway = await TestGateway.StartAsync(
            FaultLoad.ShortLimits, simulator: new SimulatorOptions { KeepRequests = false });
        gateway.Upstream.Always(FaultLoad.ByModel);

        await RunAsync(gateway, requests: 1_000);
        var before = await SettledAsync(gateway);
        await RunAsync(gateway, requests: 9_000);
        await RunDownAsync(before.Timers + MoreTimers);
        var after = await SettledAsync(gateway);

        output.WriteLine($"before: {before}\nafter:  {after}");
        Assert.InRange(after.Files, 0, before.Files + 40);
        Assert.InRange(after.Timers, 0, before.Timers + MoreTimers);
        Assert.InRange(after.Bytes, 0, before.Bytes + (6 * 1024 * 1024));
    }

    private static async Task RunAsync(TestGateway gateway, int requests)
    {
        var kinds = (
            from fault in FaultLoad.Names
            from protocol in SampleRequests.Protocols
            from stream in (bool[])[true, false]
            select (fault, protocol, stream)).ToList();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < requests)
            {
                var (fault, protocol, stream) = kinds[number % kinds.Count];
                await FaultLoad.RunAsync(gateway, fault, protocol, stream);

                // Exactly one record each, and none is left in the test's own memory.
                await gateway.NextRecordAsync();
            }
        }));
    }

    /// <summary>Timers of connections that were just closed run on for a second or two; those that leak stay.</summary>
    private static async Task RunDownAsync(long timers)
    {
        for (var waited = TimeSpan.Zero; Timer.ActiveCount > timers && waited < TestTimeout.Deadline; waited += Pause)
        {
            await RealIdling.ForAsync(Pause);
        }
    }

    private static async Task<Remains> SettledAsync(TestGateway gateway)
    {
        await gateway.WaitForConnectionsAsync(0);
        Assert.Equal(0, gateway.Services.GetRequiredService<OpenExchanges>().Count);
        Assert.Equal(0, gateway.Services.GetRequiredService<Drain>().Running);
        while (gateway.Upstream.OpenRequests > 0)
        {
            await Task.Yield();
        }

        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return new(
            Directory.GetFiles("/proc/self/fd").Length, Timer.ActiveCount, GC.GetTotalMemory(forceFullCollection: true));
    }

    private sealed record Remains(int Files, long Timers, long Bytes);
}
