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
    /// <summary>How many records may wait for a stuck stream.</summary>
    public const int Capacity = 65_536;

    // Real time on purpose: it shapes batches and nothing that anyone can observe.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(2);

    private readonly LineQueue<ExchangeRecord> _lines;
    private Utf8JsonWriter? _json;

    public ExchangeLog(Stream sink, GatewayMetrics metrics, int capacity = Capacity) =>
        _lines = new LineQueue<ExchangeRecord>("exchange log", sink, capacity, Linger, Format, metrics.RecordsLost);

    /// <summary>Queues a record, which nobody may change from here on. Never blocks, never throws.</summary>
    public void Write(ExchangeRecord record) => _lines.TryAdd(record);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _lines.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _lines.StopAsync(cancellationToken);

    private void Format(ExchangeRecord record, IBufferWriter<byte> line)
    {
        // The line is read by people and by jq, never put into a page: no need to escape < and quotes twice over.
        _json ??= new Utf8JsonWriter(
            line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.Reset(line);
        JsonSerializer.Serialize(_json, record, RecordJson.Default.ExchangeRecord);
        _json.Flush();
    }
}
