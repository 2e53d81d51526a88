namespace Holdfast.Proxy;

/// <summary>What the request path says while it works. The end of each exchange is its record's line, not here.</summary>
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

    [LoggerMessage(EventId = 1204, Level = LogLevel.Information,
        Message = "A reused connection to {Upstream} had died unused; exchange {ExchangeId} is repeated once on a new one")]
    public static partial void RepeatedStale(this ILogger logger, string upstream, string exchangeId);

    [LoggerMessage(EventId = 1207, Level = LogLevel.Warning,
        Message = "Upstream {Upstream} sent {Count} empty signatures of thinking in exchange {ExchangeId}: the client will send "
            + "them back, and the provider will refuse them")]
    public static partial void EmptySignatures(this ILogger logger, string? upstream, string exchangeId, int count);

    [LoggerMessage(EventId = 1206, Level = LogLevel.Warning,
        Message = "A loop: client {Client}, session {Session}, model {Model} sent the same turn {Count} times; it is refused "
            + "with Retry-After until it pauses (failover.storms)")]
    public static partial void TurnRepeated(this ILogger logger, string? client, string session, string? model, int count);

    [LoggerMessage(EventId = 1208, Level = LogLevel.Information,
        Message = "The client of exchange {FirstId} had been lost and asked again: exchange {ExchangeId} gets its answer")]
    public static partial void Reattached(this ILogger logger, string exchangeId, string firstId);

    [LoggerMessage(EventId = 1205, Level = LogLevel.Error,
        Message = "Exchange {ExchangeId} failed in a way nobody expected; the client got an error. This is a bug")]
    public static partial void Unexpected(this ILogger logger, Exception exception, string exchangeId);
}
