using Holdfast.Observability;
using Holdfast.Recording.Records;

namespace Holdfast.Sinks;

/// <summary>Where the end of an exchange is told to everyone who wants to know: metrics, totals, recent failures, the
/// log line, the recording and the trace. Called once an exchange. Never blocks, never throws.</summary>
internal sealed class ExchangeReporter(
    GatewayMetrics metrics, ExchangeTotals totals, RecentFailures failures, ExchangeLog log, Recorder recorder,
    BodyRecorder bodies, ExchangeTraces traces, ILogger<ExchangeReporter> logger)
{
    /// <summary>What is left of each text of others in a record too long to be a line.</summary>
    private const int MostCharacters = 1000;

    public void Started() => metrics.ExchangeStarted();

    /// <param name="record">The exchange's record, complete; nobody but who records its bodies may change it from here on.</param>
    /// <param name="traceparent">The client's <c>traceparent</c> header, if it sent one.</param>
    /// <param name="capture">What was kept of its bodies, if something was.</param>
    public void Ended(ExchangeRecord record, string? traceparent = null, Capture? capture = null)
    {
        record.Redact(Redaction.Text, Redaction.Query);
        metrics.ExchangeEnded(record);
        if (record.EmptySignatures is { } count)
        {
            logger.EmptySignatures(record.Upstream, record.ExchangeId, count);
        }

        totals.Add(record);
        failures.Add(record);
        traces.Write(record, traceparent);
        if (capture is not null)
        {
            // Whether all of it may be written is known when its body was read.
            bodies.End(record, capture, Write);
            return;
        }

        bodies.Judge(record);
        Write(record);
    }

    // Made into bytes here, while the record is at hand: another thread would have to fetch it again, and all that wait would
    // outlive a collection.
    private void Write(ExchangeRecord record)
    {
        try
        {
            var line = RecordLine.Write(record, RecordJson.Default.ExchangeRecord);
            if (line.Length > RecordLine.MaxBytes)
            {
                record.Shorten(MostCharacters);
                line = RecordLine.Write(record, RecordJson.Default.ExchangeRecord);
            }

            log.Write(line);
            recorder.Exchange(line);
        }
        catch (Exception)
        {
            // Whatever made one record unwritable must not touch its exchange.
            metrics.RecordsLost(1, "unwritable");
        }
    }
}
