namespace Holdfast.Upstreams;

/// <summary>What connections to upstreams log.</summary>
internal static partial class UpstreamLog
{
    [LoggerMessage(EventId = 1301, Level = LogLevel.Warning,
        Message = "The certificates of {Variable} ({File}) cannot be read: {Reason}. Upstreams are checked against the system's roots only")]
    public static partial void ExtraRootsUnreadable(this ILogger logger, string variable, string file, string reason);

    [LoggerMessage(EventId = 1302, Level = LogLevel.Information,
        Message = "Upstream {Upstream} could not be connected ({Code}: {Detail}); dialling again")]
    public static partial void DiallingAgain(this ILogger logger, string upstream, string code, string detail);
}
