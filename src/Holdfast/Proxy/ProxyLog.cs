
namespace Holdfast.Proxy;

/// <summary>What the request path says while it works. The end of each exchange is its record, not here.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(EventId = 1201, Level = LogLevel.Debug,
        Message = "Initial connection failed: exchange {ExchangeId}, phase {Phase}, {Code}; the client gets an error status")]
    public static partial void AttemptFailed(this ILogger logger, string exchangeId, string phase, string code);

    [LoggerMessage(EventId = 1202, Level = LogLevel.Debug,
        Message = "Stream lost: exchange {ExchangeId}, {Code}; the client got a terminal error event")]
    public static partial void StreamLost(this ILogger logger, string exchangeId, string code);

    [LoggerMessage(EventId = 1203,
        Message = "Attempt {Attempt} of exchange {ExchangeId} failed: provider {Upstream}, model {Model}, rawError {RawError}, "
            + "reason {Reason} ({Kind}, rule {Rule}), action {Action}, next {Next}")]
    public static partial void Decided(
        this ILogger logger, LogLevel level, string exchangeId, int attempt, string upstream, string? model, string rawError, string reason,
        string kind, string rule, string action, string next);

    [LoggerMessage(EventId = 1205, Level = LogLevel.Error,
        Message = "Exchange {ExchangeId} failed in a way nobody expected; the client got an error. This is a bug")]
    public static partial void Unexpected(this ILogger logger, Exception exception, string exchangeId);
}
