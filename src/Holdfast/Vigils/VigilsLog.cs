
namespace Holdfast.Vigils;

/// <summary>What watching over exchanges has to say.</summary>
internal static partial class VigilsLog
{
    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning,
        Message = "A socket thread has been held for {Milliseconds:0} ms by exchange {ExchangeId} at upstream {Upstream} ({Phase}), "
            + "and other streams waited; counted as holdfast_socket_thread_held_total. Not logged since the last such line: {Unlogged}")]
    public static partial void SocketThreadHeld(
        this ILogger logger, double milliseconds, string? exchangeId, string? upstream, string phase, long unlogged);
}
