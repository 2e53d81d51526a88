using Holdfast.Failover;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.TestKit;

namespace Holdfast.Tests.Observability;

// Not at the same time as the OTLP export, which listens to every meter of this name and takes memory.
[Collection("the meter Holdfast")]
public sealed class GatewayMetricsTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly PrometheusText _text;

    public GatewayMetricsTests() => _text = new PrometheusText(_metrics);

    public void Dispose()
    {
        _text.Dispose();
        _metrics.Dispose();
    }

    private PrometheusPage Page() => PrometheusPage.Parse(_text.Render());

    [Fact]
    public void An_ended_exchange_is_counted_by_protocol_upstream_end_side_and_code()
    {
        _metrics.ExchangeStarted();
        _metrics.ExchangeStarted();

        _metrics.ExchangeEnded(Records.Completed());
        _metrics.ExchangeEnded(Records.Failed());

        Assert.Equal(1, Page().Value("holdfast_exchanges_total",
            ("holdfast_protocol", "anthropic"), ("holdfast_upstream", "anthropic"), ("holdfast_end", "completed"),
            ("holdfast_end_side", "upstream"), ("error_type", "none")));
        Assert.Equal(1, Page().Value("holdfast_exchanges_total",
            ("holdfast_end", "failed"), ("error_type", "stream_reset")));
        Assert.Equal(0, Page().Value("holdfast_exchanges_open"));
        Assert.Equal(10_000, Page().Value("holdfast_response_bytes_total"));
        Assert.Equal(2_000, Page().Value("holdfast_request_bytes_total"));
        Assert.Equal(84, Page().Value("holdfast_events_total"));
        Assert.Equal(6, Page().Value("holdfast_keepalives_total"));
    }

    [Fact]
    public void Times_of_an_exchange_are_measured_in_seconds_in_buckets()
    {
        _metrics.ExchangeStarted();

        _metrics.ExchangeEnded(Records.Completed());

        Assert.Equal(0.2, Page().Value("holdfast_exchange_time_to_headers_seconds_sum"), 6);
        Assert.Equal(0.25, Page().Value("holdfast_exchange_time_to_first_event_seconds_sum"), 6);
        Assert.Equal(0.7, Page().Value("holdfast_exchange_time_to_first_output_seconds_sum"), 6);
        Assert.Equal(3, Page().Value("holdfast_exchange_longest_gap_seconds_sum"), 6);
        Assert.Equal(12, Page().Value("holdfast_exchange_duration_seconds_sum"), 6);
        Assert.Equal(0, Page().Value("holdfast_exchange_duration_seconds_bucket", ("le", "10")));
        Assert.Equal(1, Page().Value("holdfast_exchange_duration_seconds_bucket", ("le", "20")));
        Assert.Equal(1, Page().Value("holdfast_exchange_time_to_first_event_seconds_bucket", ("le", "0.25")));
    }

    [Fact]
    public void What_never_came_is_not_measured()
    {
        var record = Records.Failed(code: "upstream_refused");
        (record.HeadersMs, record.FirstEventMs, record.FirstOutputMs, record.LongestGapMs) = (null, null, null, null);

        _metrics.ExchangeEnded(record);

        Assert.DoesNotContain(Page().Samples, sample => sample.Name.Contains("time_to", StringComparison.Ordinal));
        Assert.DoesNotContain(Page().Samples, sample => sample.Name.Contains("gap", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_event_has_its_own_counter()
    {
        _metrics.StreamOpened();
        _metrics.StreamOpened();
        _metrics.StreamEnded();
        _metrics.AttemptEnded("anthropic", "answered");
        _metrics.AttemptEnded("anthropic", "upstream_reset");
        _metrics.StaleRepeat("openai");
        _metrics.ExchangeEnded(Records.Refused("bad_json"));
        _metrics.ExchangeEnded(Records.OpenedEarly("openai-chat", "openai"));
        _metrics.Repaired("openai-chat", "openai");
        _metrics.StreamSilent("gemini", "gemini");
        _metrics.RecordsLost(7, "queue_full");
        _metrics.Retried("anthropic", FailureReason.Timeout);
        _metrics.FellBack("anthropic", "second", FailureReason.Overloaded);
        _metrics.ConversationMoved("anthropic", "second");
        _metrics.StormRefused();
        _metrics.WaitedForLimit("second");

        Assert.Equal(1, Page().Value("holdfast_streams_open"));
        Assert.Equal(1, Page().Value("holdfast_attempts_total", ("holdfast_result", "answered")));
        Assert.Equal(1, Page().Value("holdfast_attempts_total", ("holdfast_result", "upstream_reset")));
        Assert.Equal(1, Page().Value("holdfast_stale_repeats_total", ("holdfast_upstream", "openai")));
        Assert.Equal(1, Page().Value("holdfast_refusals_total", ("error_type", "bad_json")));
        Assert.Equal(1, Page().Value("holdfast_early_opens_total", ("holdfast_protocol", "openai-chat")));
        Assert.Equal(1, Page().Value("holdfast_repairs_total"));
        Assert.Equal(1, Page().Value("holdfast_silent_streams_total", ("holdfast_upstream", "gemini")));
        Assert.Equal(7, Page().Value("holdfast_records_lost_total", ("holdfast_reason", "queue_full")));
        Assert.Equal(1, Page().Value("holdfast_retries_total",
            ("holdfast_upstream", "anthropic"), ("holdfast_reason", "timeout")));
        Assert.Equal(1, Page().Value("holdfast_fallbacks_total",
            ("holdfast_from", "anthropic"), ("holdfast_to", "second"), ("holdfast_reason", "overloaded")));
        Assert.Equal(1, Page().Value("holdfast_affinity_moves_total",
            ("holdfast_from", "anthropic"), ("holdfast_to", "second")));
        Assert.Equal(1, Page().Value("holdfast_storm_refusals_total"));
        Assert.Equal(1, Page().Value("holdfast_limit_waits_total", ("holdfast_upstream", "second")));
    }

    [Fact]
    public void Cooldowns_are_counted_by_upstream_and_reason_and_are_zero_when_they_end()
    {
        List<HealthEntry> entries =
        [
            Cooling("anthropic", "claude-opus-4-6", FailureReason.RateLimit),
            Cooling("anthropic", "claude-haiku-4-5", FailureReason.RateLimit),
            Cooling("second", null, FailureReason.Billing),
            Cooling("third", null, FailureReason.Auth) with { State = HealthState.ProbeDue },
        ];
        _metrics.ObserveCooldowns(() => entries);

        Assert.Equal(2, Page().Value("holdfast_cooldowns",
            ("holdfast_upstream", "anthropic"), ("holdfast_reason", "rate_limit")));
        Assert.Equal(1, Page().Value("holdfast_cooldowns",
            ("holdfast_upstream", "second"), ("holdfast_reason", "billing")));
        Assert.DoesNotContain("third", _text.Render(), StringComparison.Ordinal);
        Assert.Equal("gauge", Page().Types["holdfast_cooldowns"]);

        entries.RemoveAt(0);
        entries.RemoveAt(1);

        Assert.Equal(1, Page().Value("holdfast_cooldowns", ("holdfast_upstream", "anthropic")));
        Assert.Equal(0, Page().Value("holdfast_cooldowns", ("holdfast_upstream", "second")));
    }

    private static HealthEntry Cooling(string upstream, string? model, FailureReason reason) =>
        new(upstream, "KEY", model, HealthState.Cooling, default, 1, reason, 1);

    [Fact]
    public void The_listeners_counters_are_read_when_the_page_is()
    {
        var races = 0L;
        _metrics.ObserveSockets(() => [("keepalive_race", races), ("header_timeout", 2)]);
        _metrics.ObserveConnections(() => races + 1);

        races = 5;

        Assert.Equal(5, Page().Value("holdfast_socket_events_total", ("holdfast_socket_event", "keepalive_race")));
        Assert.Equal(2, Page().Value("holdfast_socket_events_total", ("holdfast_socket_event", "header_timeout")));
        Assert.Equal("counter", Page().Types["holdfast_socket_events_total"]);
        Assert.Equal(6, Page().Value("holdfast_connections_open"));
        Assert.Equal("gauge", Page().Types["holdfast_connections_open"]);
    }

    [Fact]
    public void Error_types_that_upstreams_invent_cannot_fill_the_memory()
    {
        for (var i = 0; i < 5_000; i++)
        {
            _metrics.ExchangeEnded(Records.Failed(code: $"upstream:invented_{i}"));
        }

        var counters = Page().Samples.Where(sample => sample.Name == "holdfast_exchanges_total").ToList();

        Assert.InRange(counters.Count, 2, 97);
        Assert.Equal(5_000, counters.Sum(counter => counter.Value));
        Assert.Contains(counters, counter => counter.Labels["error_type"] == "other");
    }

    [Fact]
    public void A_models_name_is_nowhere_on_the_page()
    {
        _metrics.ExchangeEnded(Records.Completed());

        Assert.DoesNotContain("claude-opus-4-6", _text.Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void Counting_an_exchange_takes_no_memory()
    {
        var record = Records.Completed();
        for (var i = 0; i < 100; i++)
        {
            _metrics.ExchangeEnded(record);
        }

        // The runtime compiles the method anew while it is hot, which takes memory once; counting itself takes none ever.
        Assert.Contains(0, Enumerable.Range(0, 20).Select(_ => BytesOfAThousand(record)));
    }

    private long BytesOfAThousand(ExchangeRecord record)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _metrics.ExchangeEnded(record);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_threads_count_at_once()
    {
        var threads = Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                _metrics.ExchangeEnded(Records.Completed());
            }
        }));

        await Task.WhenAll(threads).WithinTestTimeout();

        Assert.Equal(16_000, Page().Value("holdfast_exchanges_total"));
        Assert.Equal(16_000, Page().Value("holdfast_exchange_duration_seconds_count"));
        Assert.Equal(16_000 * 12.0, Page().Value("holdfast_exchange_duration_seconds_sum"), 3);
    }
}
