
namespace Holdfast.Admin;

/// <summary>What the admin socket has to say.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(EventId = 1801, Level = LogLevel.Warning,
        Message = "Another gateway serves {Path}; `holdfast status` shows that one, not this. "
            + "Give this one a HOLDFAST_HOME of its own")]
    public static partial void SocketTaken(this ILogger logger, string path);

    [LoggerMessage(EventId = 1802, Level = LogLevel.Warning,
        Message = "The path {Path} is too long for a unix socket; this gateway runs without `holdfast status`. "
            + "Choose a shorter HOLDFAST_HOME")]
    public static partial void SocketPathTooLong(this ILogger logger, string path);

    [LoggerMessage(EventId = 1803, Level = LogLevel.Warning,
        Message = "Cannot listen on {Path} ({Reason}); this gateway runs without `holdfast status`")]
    public static partial void SocketFailed(this ILogger logger, string path, string reason);
}
