namespace Holdfast.Journal;

/// <summary>What the journal says of itself.</summary>
internal static partial class JournalLog
{
    [LoggerMessage(EventId = 1601, Level = LogLevel.Warning,
        Message = "The journal cannot write to disk ({Reason}): answers nobody has fetched are forgotten when memory is short")]
    public static partial void SpillFailed(this ILogger logger, string reason);
}
