namespace Holdfast.Requests;

/// <summary>What is said of requests that are turned away.</summary>
internal static partial class RequestLog
{
    [LoggerMessage(EventId = 1206, Level = LogLevel.Warning,
        Message = "A loop: client {Client}, session {Session}, model {Model} sent the same turn {Count} times; it is refused "
            + "with Retry-After until it pauses (failover.storms)")]
    public static partial void TurnRepeated(this ILogger logger, string? client, string session, string? model, int count);
}
