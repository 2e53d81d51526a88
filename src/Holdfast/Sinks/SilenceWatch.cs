using Holdfast.Observability;

namespace Holdfast.Sinks;

/// <summary>Makes sure that an upstream's silence on a live stream is never invisible: above the threshold it is
/// logged and counted, once a silence. Ends nothing: that is the stall timer's work.</summary>
internal sealed class SilenceWatch(
    OpenExchanges open, GatewayMetrics metrics, TimeProvider time, ILogger<SilenceWatch> logger) : BackgroundService
{
    public static readonly TimeSpan Threshold = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private HashSet<ILiveExchange> _silent = new(ReferenceEqualityComparer.Instance);

    /// <summary>Looks once at every open stream. Not for two threads at once.</summary>
    public void Look()
    {
        var silentNow = new HashSet<ILiveExchange>(ReferenceEqualityComparer.Instance);
        foreach (var exchange in open.Snapshot())
        {
            var silence = exchange.Silence;
            if (!exchange.IsStream || silence < Threshold)
            {
                continue;
            }

            silentNow.Add(exchange);
            if (!_silent.Contains(exchange))
            {
                metrics.StreamSilent(exchange.Protocol, exchange.Upstream);
                logger.StreamSilent(exchange.ExchangeId, exchange.Upstream, silence.TotalSeconds, exchange.Phase);
            }
        }

        _silent = silentNow;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the process, also of one that could not start: no error of its own.
        }
    }
}
