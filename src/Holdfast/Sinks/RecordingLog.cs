
namespace Holdfast.Sinks;

/// <summary>What recording says of itself.</summary>
internal static partial class RecordingLog
{
    [LoggerMessage(EventId = 1701, Level = LogLevel.Error,
        Message = "Recording cannot write {Family} ({Reason}): they wait in memory, exchanges go on")]
    public static partial void CannotWrite(this ILogger logger, string family, string reason);

    [LoggerMessage(EventId = 1702, Level = LogLevel.Information, Message = "Recording writes {Family} again")]
    public static partial void WritesAgain(this ILogger logger, string family);

    [LoggerMessage(EventId = 1703, Level = LogLevel.Warning,
        Message = "Recordings could not be compacted ({Reason}): they stay as they are, and queries become slower")]
    public static partial void CompactionFailed(this ILogger logger, string reason);

    [LoggerMessage(EventId = 1705, Level = LogLevel.Warning,
        Message = "The bodies of exchange {Exchange} could not be recorded ({Reason}): it is recorded without them")]
    public static partial void BodiesNotRecorded(this ILogger logger, string exchange, string reason);

    [LoggerMessage(EventId = 1706, Level = LogLevel.Error,
        Message = "The rules of privacy cannot be read, those before hold on: {Reason}")]
    public static partial void PrivacyUnreadable(this ILogger logger, string reason);

    [LoggerMessage(EventId = 1707, Level = LogLevel.Warning,
        Message = "Which messages were recorded cannot be written down ({Reason}): it is tried again, and after a restart some are recorded twice")]
    public static partial void SeenNotKept(this ILogger logger, string reason);

    [LoggerMessage(EventId = 1704, Level = LogLevel.Debug, Message = "Recordings were compacted: {Result}")]
    public static partial void Compacted(this ILogger logger, string result);
}
