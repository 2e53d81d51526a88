namespace Holdfast.Hosting;

/// <summary>What the gateway as a whole says of itself.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(EventId = 1110, Level = LogLevel.Warning,
        Message = "{Path} cannot be read ({Reason}): every candidate counts as well until it fails again")]
    public static partial void HealthFileUnreadable(this ILogger logger, string path, string reason);

    [LoggerMessage(EventId = 1112, Level = LogLevel.Error,
        Message = "SIGHUP: the configuration could not be read again; the one that was read before stays in force")]
    public static partial void HangUpFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1111, Level = LogLevel.Warning,
        Message = "{Path} cannot be written ({Reason}): cooldowns hold as long as this process runs and are not remembered "
            + "beyond. Said once")]
    public static partial void HealthFileUnwritable(this ILogger logger, string path, string reason);
}
