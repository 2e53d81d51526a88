using Holdfast.Observability;

namespace Holdfast.Sinks;

/// <summary>Writes one JSON line for every exchange. Owns the queue to the stream, not the stream; what it cannot write
/// is counted. Started and stopped with the host: stopping writes what waits.</summary>
internal sealed class ExchangeLog : IHostedService
{
    /// <summary>How many lines may wait for a stuck stream.</summary>
    public const int Capacity = 65_536;

    // Real time on purpose: it shapes batches and nothing that anyone can observe.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(2);

    private readonly LineQueue _lines;

    public ExchangeLog(Stream sink, GatewayMetrics metrics, int capacity = Capacity)
        => _lines = new LineQueue("exchange log", sink, capacity, Linger, metrics.RecordsLost);

    /// <summary>Queues a record's line, without its end. Never blocks, never throws.</summary>
    public void Write(ReadOnlySpan<byte> line) => _lines.Add(line);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _lines.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _lines.StopAsync(cancellationToken);
}
