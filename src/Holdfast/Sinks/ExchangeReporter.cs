using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;

namespace Holdfast.Sinks;

/// <summary>Where the end of an exchange is told to everyone who wants to know: metrics, totals, recent failures, the
/// log line, the recording and the trace. Called once an exchange. Never blocks, never throws.</summary>
internal sealed class ExchangeReporter(
    GatewayMetrics metrics, ExchangeTotals totals, RecentFailures failures, ExchangeLog log, Recorder recorder,
    BodyRecorder bodies, ExchangeTraces traces, ILogger<ExchangeReporter> logger)
{
    private const int MostCharacters = 1000;

    public void Started() => metrics.ExchangeStarted();

    /// <param name="record">The exchange's record, complete; nobody but who records its bodies may change it from here on.</param>
    /// <param name="traceparent">The client's <c>traceparent</c> header, if it sent one.</param>
    /// <param name="capture">What was kept of its bodies, if something was.</param>
    public void Ended(ExchangeRecord record, string? traceparent = null, Capture? capture = null)
    {
        Redact(record);
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
                Shorten(record);
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

    // What others wrote may be of any length: a model's name is a part of a body.
    private static void Shorten(ExchangeRecord record)
    {
        record.ModelAsked = Cut(record.ModelAsked);
        record.ModelServed = Cut(record.ModelServed);
        record.Path = Cut(record.Path)!;
        record.Query = Cut(record.Query);
        record.Session = Cut(record.Session);
        record.Directory = Cut(record.Directory);
        record.IdempotencyKey = Cut(record.IdempotencyKey);
        record.Error = Cut(record.Error);
        record.ErrorCode = Cut(record.ErrorCode);
        record.ErrorDetail = Cut(record.ErrorDetail);
        foreach (var attempt in record.FailedAttempts ?? [])
        {
            (attempt.Model, attempt.RawError) = (Cut(attempt.Model), Cut(attempt.RawError));
        }
    }

    private static string? Cut(string? text) => text is { Length: > MostCharacters } ? text[..MostCharacters] + "…" : text;

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
