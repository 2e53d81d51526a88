using System.Diagnostics.Metrics;
using Holdfast.Observability;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Holdfast.Vigils;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Vigils;

/// <summary>A loop that holds a socket thread is counted and named, while it lasts and afterwards.</summary>
public sealed class ThreadWatchTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly TestLog _log = new();
    private readonly GatewayMetrics _metrics = new();
    private readonly MeterListener _listener = new();
    private readonly List<string> _counted = [];
    private readonly ThreadWatch _watch;

    public ThreadWatchTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "holdfast.socket_thread.held" && ReferenceEquals(instrument.Meter, _metrics.Meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            _counted.Add(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        _listener.Start();
        _watch = new ThreadWatch(_metrics, _time, _log.CreateFactory().CreateLogger<ThreadWatch>());
    }

    private IEnumerable<string> Warnings => _log.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message);

    [Fact]
    public void A_loop_that_held_its_thread_for_long_is_counted_and_named()
    {
        OnSocketThread(() => Resume("ex-1", () => _time.Advance(TimeSpan.FromMilliseconds(101))));

        Assert.Equal(["holdfast.upstream=up holdfast.phase=Held"], _counted);
        var warning = Assert.Single(Warnings);
        Assert.Contains("101 ms by exchange ex-1 at upstream up (Held)", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_one_is_not()
    {
        OnSocketThread(() => Resume("ex-1", () => _time.Advance(ThreadWatch.Longest)));

        Assert.Empty(_counted);
        Assert.Empty(Warnings);
    }

    [Fact]
    public void One_that_still_lasts_is_told_of_once_and_not_again_at_its_end()
    {
        var inside = 0;
        OnSocketThread(() => Resume("ex-1", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            _watch.Look();
            _watch.Look();
            inside = _counted.Count;
            _time.Advance(TimeSpan.FromMinutes(1));
        }));
        _watch.Look();

        Assert.Equal(1, inside);
        Assert.Single(_counted);
        Assert.Contains("3000 ms by exchange ex-1", Assert.Single(Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_hold_is_counted_and_one_in_ten_seconds_is_logged()
    {
        OnSocketThread(() =>
        {
            foreach (var id in (string[])["ex-1", "ex-2", "ex-3"])
            {
                Resume(id, () => _time.Advance(TimeSpan.FromSeconds(1)));
            }

            _time.Advance(ThreadWatch.BetweenLines);
            Resume("ex-4", () => _time.Advance(TimeSpan.FromSeconds(1)));
        });

        Assert.Equal(4, _counted.Count);
        Assert.Collection(Warnings,
            line => Assert.EndsWith("since the last such line: 0", line, StringComparison.Ordinal),
            line => Assert.Matches("ex-4.*since the last such line: 2$", line));
    }

    [Fact]
    public async Task A_thread_of_the_pool_may_be_held()
    {
        await Task.Run(() => Resume("ex-1", () => _time.Advance(TimeSpan.FromMinutes(1))), TestContext.Current.CancellationToken);

        Assert.Empty(_counted);
    }

    [Fact]
    public void A_loop_that_yields_holds_nothing_any_more()
    {
        using var stays = new SemaphoreSlim(0);
        OnSocketThread(() =>
        {
            var wakeUp = new WakeUp(_watch) { Exchange = new Live("ex-1") };
            var loop = LoopAsync(wakeUp, stays);
            wakeUp.Resume();
            _time.Advance(TimeSpan.FromMinutes(1));
            _watch.Look();
            stays.Release();
            loop.GetAwaiter().GetResult();
        });

        Assert.Empty(_counted);

        static async Task LoopAsync(WakeUp wakeUp, SemaphoreSlim stays)
        {
            await wakeUp.WaitAsync();
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await stays.WaitAsync();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
        _log.Dispose();
    }

    private void Resume(string id, Action runs)
    {
        var wakeUp = new WakeUp(_watch) { Exchange = new Live(id) };
        var loop = LoopAsync();
        wakeUp.Resume();
        Assert.True(loop.IsCompletedSuccessfully);

        async Task LoopAsync()
        {
            await wakeUp.WaitAsync();
            runs();
        }
    }

    private static void OnSocketThread(Action runs)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            try
            {
                runs();
            }
            catch (Exception e)
            {
                thrown = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(thrown);
    }

    private sealed record Live(string ExchangeId) : ILiveExchange
    {
        public DateTimeOffset StartedAt => DateTimeOffset.UnixEpoch;

        public string? Protocol => "anthropic";

        public string? Upstream => "up";

        public string? Model => null;

        public bool IsStream => true;

        public string Phase => "Held";

        public long BytesSent => 0;

        public TimeSpan Silence => TimeSpan.Zero;
    }
}
