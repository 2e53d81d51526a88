using System.Diagnostics;
using Holdfast.Observability;
using Holdfast.Recording.Records;

namespace Holdfast.Sinks;

/// <summary>Turns the record of an ended exchange into one activity of the source <c>Holdfast</c>. Made at the end on
/// purpose: while an exchange runs nothing of ours is ambient, so nothing can leak into the requests to upstreams.
/// Costs nothing while nobody listens. Never throws.</summary>
internal sealed class ExchangeTraces : IDisposable
{
    public const string SourceName = OtlpExport.TraceSource;

    private readonly ActivitySource _source = new(SourceName);

    public void Write(ExchangeRecord record, string? traceparent)
    {
        if (!_source.HasListeners())
        {
            return;
        }

        var parent = ActivityContext.TryParse(traceparent, traceState: null, isRemote: true, out var sent) ? sent : default;
        using var activity = _source.StartActivity(
            ActivityKind.Server, parent, tags: null, links: null, record.StartedAt, record.ModelAsked is { } model
                ? $"{record.Method} {model}"
                : record.Method);
        if (activity is null)
        {
            return;
        }

        Describe(activity, record);
        activity.SetEndTime(record.StartedAt.UtcDateTime.AddMilliseconds(record.TotalMs));
    }

    public void Dispose() => _source.Dispose();

    // Names of the OpenTelemetry conventions where one exists. A trace is one exchange: here a model's name is no
    // label.
    private static void Describe(Activity activity, ExchangeRecord record)
    {
        activity.SetTag("holdfast.exchange", record.ExchangeId);
        activity.SetTag("holdfast.protocol", record.Protocol);
        activity.SetTag("holdfast.upstream", record.Upstream);
        activity.SetTag("holdfast.end", record.End?.Word());
        activity.SetTag("holdfast.end_side", record.EndSide?.Word());
        activity.SetTag("holdfast.attempts", record.Attempts);
        activity.SetTag("holdfast.keepalives", record.Keepalives);
        activity.SetTag("holdfast.events", record.Events);
        activity.SetTag("holdfast.headers_ms", record.HeadersMs);
        activity.SetTag("holdfast.first_output_ms", record.FirstOutputMs);
        activity.SetTag("holdfast.longest_gap_ms", record.LongestGapMs);
        activity.SetTag("http.request.method", record.Method);
        activity.SetTag("http.response.status_code", record.Status);
        activity.SetTag("url.path", record.Path);
        activity.SetTag("gen_ai.request.model", record.ModelAsked);
        activity.SetTag("gen_ai.response.model", record.ModelServed);
        activity.SetTag("gen_ai.usage.input_tokens", record.InputTokens);
        activity.SetTag("gen_ai.usage.output_tokens", record.OutputTokens);
        activity.SetTag("holdfast.usage_state", record.UsageState?.Word());
        if (record.ErrorCode is not null)
        {
            activity.SetTag("error.type", record.ErrorCode);
            activity.SetStatus(ActivityStatusCode.Error, record.Error);
        }
    }
}
