
namespace Holdfast.Attempts;

/// <summary>What attempts say while they run.</summary>
internal static partial class AttemptLog
{
    [LoggerMessage(EventId = 1204, Level = LogLevel.Information,
        Message = "A reused connection to {Upstream} had died unused; exchange {ExchangeId} is repeated once on a new one")]
    public static partial void RepeatedStale(this ILogger logger, string upstream, string exchangeId);
}
