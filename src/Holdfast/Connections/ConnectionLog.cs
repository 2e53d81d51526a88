
namespace Holdfast.Connections;

/// <summary>What the connections of clients say of themselves.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning,
        Message = "Bytes arrived on connection {ConnectionId}, which we were closing after {Idle} without a request: "
            + "most likely a request that crossed our close; its client has to send it again on a new connection")]
    public static partial void KeepAliveRace(this ILogger logger, string connectionId, TimeSpan idle);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information,
        Message = "Draining: {Running} exchanges under way get up to {Limit} to finish; new ones are refused")]
    public static partial void Draining(this ILogger logger, int running, TimeSpan limit);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Information,
        Message = "Drained: every exchange came to its own end")]
    public static partial void Drained(this ILogger logger);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Warning,
        Message = "Stopping now with {Running} exchanges under way: each gets an error that says so")]
    public static partial void DrainForced(this ILogger logger, int running);

    [LoggerMessage(EventId = 1105, Level = LogLevel.Warning,
        Message = "{Running} exchanges did not end even so; their connections are cut")]
    public static partial void DrainAbandoned(this ILogger logger, int running);

    [LoggerMessage(EventId = 1106, Level = LogLevel.Information,
        Message = "The certificate was renewed: new connections get {Subject}, valid until {NotAfter:yyyy-MM-dd}")]
    public static partial void CertificateRenewed(this ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(EventId = 1107, Level = LogLevel.Error,
        Message = "The renewed certificate cannot be used, the old one stays in place: {Problem}")]
    public static partial void CertificateBroken(this ILogger logger, string problem);

    [LoggerMessage(EventId = 1108, Level = LogLevel.Warning,
        Message = "Connection {ConnectionId} was given up: its client has acknowledged nothing for {Silence}")]
    public static partial void HalfOpenClient(this ILogger logger, string connectionId, TimeSpan silence);

    [LoggerMessage(EventId = 1109, Level = LogLevel.Information,
        Message = "Connection {ConnectionId} brought no acceptable HTTP request; it was answered {Status} and closed")]
    public static partial void RequestRejected(this ILogger logger, string connectionId, int status);
}
