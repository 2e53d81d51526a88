namespace Holdfast.Reload;

/// <summary>What is said of configurations that come into force, or do not.</summary>
internal static partial class ReloadLog
{
    [LoggerMessage(EventId = 1120, Level = LogLevel.Information,
        Message = "The configuration was read again ({Why}): {Changed}")]
    public static partial void Reloaded(this ILogger logger, string why, string changed);

    [LoggerMessage(EventId = 1121, Level = LogLevel.Warning,
        Message = "The configuration holds what only a restart changes: {Settings}. Until then they stay as they were")]
    public static partial void NeedsRestart(this ILogger logger, string settings);

    [LoggerMessage(EventId = 1122, Level = LogLevel.Error,
        Message = "The configuration was read again ({Why}) and is refused; the one that was read before stays in force: {Problem}")]
    public static partial void Refused(this ILogger logger, string why, string problem);

    [LoggerMessage(EventId = 1124, Level = LogLevel.Error,
        Message = "The configuration could not be read again; the one that was read before stays in force")]
    public static partial void ReloadFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1123, Level = LogLevel.Warning,
        Message = "{File} cannot be read ({Reason}): the configuration that was read before stays in force")]
    public static partial void FileUnreadable(this ILogger logger, string file, string reason);
}
