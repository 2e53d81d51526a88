using Holdfast.Observability;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Observability;

public sealed class OpenExchangesTests
{
    [Fact]
    public void An_exchange_is_listed_until_its_listing_is_disposed()
    {
        var open = new OpenExchanges();
        var first = open.Add(new FakeExchange("a", 0));
        open.Add(new FakeExchange("b", 1));

        Assert.Equal(["a", "b"], open.Snapshot().Select(exchange => exchange.ExchangeId));

        first.Dispose();
        first.Dispose();

        Assert.Equal(["b"], open.Snapshot().Select(exchange => exchange.ExchangeId));
        Assert.Equal(1, open.Count);
    }

    [Fact]
    public async Task A_live_stream_whose_upstream_is_silent_for_a_minute_is_logged_and_counted_once_a_silence()
    {
        var time = new ManualTime();
        var log = new TestLog();
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);
        var open = new OpenExchanges();
        using var watch = new SilenceWatch(open, metrics, time, log.CreateFactory().CreateLogger<SilenceWatch>());
        var exchange = new FakeExchange("ex-7", 0);
        using var listing = open.Add(exchange);
        await watch.StartAsync(default);

        await PassAsync(time, exchange, TimeSpan.FromSeconds(59));
        Assert.Empty(log.Entries);

        await PassAsync(time, exchange, TimeSpan.FromSeconds(60));
        await log.WaitForAsync("silent for 60 s on exchange ex-7");
        await PassAsync(time, exchange, TimeSpan.FromSeconds(65));
        await PassAsync(time, exchange, TimeSpan.Zero);
        await PassAsync(time, exchange, TimeSpan.FromSeconds(61));
        await log.WaitForAsync("silent for 61 s on exchange ex-7");
        await watch.StopAsync(default).WithinTestTimeout();

        Assert.Equal(2, log.Entries.Count);
        Assert.Equal(2, PrometheusPage.Parse(text.Render()).Value("holdfast_silent_streams_total"));
    }

    // Lets the watch look once, and waits until it has.
    private static async Task PassAsync(ManualTime time, FakeExchange exchange, TimeSpan silence)
    {
        await time.WaitForTimersAsync(1);
        exchange.Expect(silence);
        time.Advance(TimeSpan.FromSeconds(5));
        await exchange.Looked.WithinTestTimeout();
    }

    private sealed class FakeExchange(string id, int second) : ILiveExchange
    {
        private TimeSpan _silence;
        private TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Looked => _looked.Task;

        public string ExchangeId => id;

        public DateTimeOffset StartedAt => new(2026, 7, 1, 12, 0, second, TimeSpan.Zero);

        public string? Protocol => "anthropic";

        public string? Upstream => "anthropic";

        public string? Model => "claude-opus-4-6";

        public bool IsStream => true;

        public string Phase => "committed";

        public long BytesSent => 123;

        public TimeSpan Silence
        {
            get
            {
                _looked.TrySetResult();
                return _silence;
            }
        }

        public void Expect(TimeSpan silence)
        {
            _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _silence = silence;
        }
    }
}
