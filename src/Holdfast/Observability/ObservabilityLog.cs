
namespace Holdfast.Observability;

/// <summary>What observing itself has to say.</summary>
internal static partial class ObservabilityLog
{
    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning,
        Message = "Upstream {Upstream} has been silent for {Seconds:0} s on exchange {ExchangeId} ({Phase}); "
            + "the client gets keepalives")]
    public static partial void StreamSilent(
        this ILogger logger, string exchangeId, string? upstream, double seconds, string phase);

    [LoggerMessage(EventId = 1702, Level = LogLevel.Information,
        Message = "Metrics and traces go to {Endpoint} over OTLP ({Protocol})")]
    public static partial void OtlpStarted(this ILogger logger, string endpoint, string protocol);

    [LoggerMessage(EventId = 1703, Level = LogLevel.Warning,
        Message = "OTLP export is off: {Reason}")]
    public static partial void OtlpFailed(this ILogger logger, string reason);
}
