using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holdfast.Recording.Records;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Observability;

/// <summary>Writes one JSON line for every exchange. Owns the queue to the stream, not the stream; what it cannot write
/// is counted. Started and stopped with the host: stopping writes what waits.</summary>
internal sealed class ExchangeLog : IHostedService
{
    /// <summary>How many lines may wait for a stuck stream.</summary>
    public const int Capacity = 65_536;

    // Real time on purpose: it shapes batches and nothing that anyone can observe.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(2);

    [ThreadStatic]
    private static Scratch? s_scratch;

    private readonly LineQueue _lines;
    private readonly GatewayMetrics _metrics;

    public ExchangeLog(Stream sink, GatewayMetrics metrics, int capacity = Capacity)
    {
        _metrics = metrics;
        _lines = new LineQueue("exchange log", sink, capacity, Linger, metrics.RecordsLost);
    }

    /// <summary>Queues a record's line. Written into bytes here, while the record is at hand: the queue's thread would have
    /// to fetch it again, and all that wait would outlive a collection. Never blocks, never throws.</summary>
    public void Write(ExchangeRecord record)
    {
        var scratch = s_scratch ??= new Scratch();
        try
        {
            scratch.Bytes.ResetWrittenCount();
            scratch.Json.Reset(scratch.Bytes);
            JsonSerializer.Serialize(scratch.Json, record, RecordJson.Default.ExchangeRecord);
            scratch.Json.Flush();
        }
        catch (Exception)
        {
            // Whatever made one record unwritable must not touch its exchange.
            s_scratch = null;
            _metrics.RecordsLost(1, "sink_failed");
            return;
        }

        _lines.Add(scratch.Bytes.WrittenSpan);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _lines.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _lines.StopAsync(cancellationToken);

    private sealed class Scratch
    {
        public ArrayBufferWriter<byte> Bytes { get; } = new(4 * 1024);

        // The line is read by people and by jq, never put into a page: no need to escape < and quotes twice over. What is
        // written comes from generated code, which needs no checking.
        public Utf8JsonWriter Json { get; } = new(
            Stream.Null,
            new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }
}
