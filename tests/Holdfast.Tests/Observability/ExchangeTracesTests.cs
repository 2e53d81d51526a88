using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Sinks;

namespace Holdfast.Tests.Observability;

public sealed class ExchangeTracesTests
{
    [Fact]
    public void An_exchange_is_one_activity_with_its_own_times_below_the_clients_trace()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ExchangeTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var traces = new ExchangeTraces();
        var record = Records.Failed($"ex-{Guid.NewGuid()}");

        traces.Write(record, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

        var activity = Assert.Single(ended, activity => Equals(activity.GetTagItem("holdfast.exchange"), record.ExchangeId));
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", activity.TraceId.ToHexString());
        Assert.Equal("00f067aa0ba902b7", activity.ParentSpanId.ToHexString());
        Assert.Equal(record.StartedAt.UtcDateTime, activity.StartTimeUtc);
        Assert.Equal(TimeSpan.FromSeconds(12), activity.Duration);
        Assert.Equal(ActivityKind.Server, activity.Kind);
        Assert.Equal(ActivityStatusCode.Error, activity.Status);
        Assert.Equal("claude-opus-4-6", activity.GetTagItem("gen_ai.request.model"));
        Assert.Null(Activity.Current);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("garbage")]
    public void A_missing_or_broken_traceparent_begins_a_trace_of_its_own(string? traceparent)
    {
        using var traces = new ExchangeTraces();

        traces.Write(Records.Completed(), traceparent);

        Assert.Null(Activity.Current);
    }
}
