using Holdfast.Recording.Records;

namespace Holdfast.Observability;

/// <summary>Where the end of an exchange is told to everyone who wants to know: metrics, totals, recent failures, the
/// log line and the trace. Called once an exchange. Never blocks, never throws.</summary>
internal sealed class ExchangeReporter(
    GatewayMetrics metrics, ExchangeTotals totals, RecentFailures failures, ExchangeLog log, ExchangeTraces traces)
{
    public void Started() => metrics.ExchangeStarted();

    /// <param name="record">The exchange's record, complete; nobody may change it from here on.</param>
    /// <param name="traceparent">The client's <c>traceparent</c> header, if it sent one.</param>
    public void Ended(ExchangeRecord record, string? traceparent = null)
    {
        Redact(record);
        metrics.ExchangeEnded(record);
        totals.Add(record);
        failures.Add(record);
        log.Write(record);
        traces.Write(record, traceparent);
    }

    // The fields that hold others' words: a runtime's message may quote an URL, a query its key.
    private static void Redact(ExchangeRecord record)
    {
        record.Query = record.Query is { } query ? Redaction.Query(query) : null;
        record.Error = record.Error is { } error ? Redaction.Text(error) : null;
        record.ErrorDetail = record.ErrorDetail is { } detail ? Redaction.Text(detail) : null;
        foreach (var attempt in record.FailedAttempts ?? [])
        {
            attempt.RawError = attempt.RawError is { } raw ? Redaction.Text(raw) : null;
        }
    }
}
