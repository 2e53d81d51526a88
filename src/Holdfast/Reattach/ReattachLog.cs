namespace Holdfast.Reattach;

/// <summary>What is said of turns whose client comes back.</summary>
internal static partial class ReattachLog
{
    [LoggerMessage(EventId = 1208, Level = LogLevel.Information,
        Message = "The client of exchange {FirstId} had been lost and asked again: exchange {ExchangeId} gets its answer")]
    public static partial void Reattached(this ILogger logger, string exchangeId, string firstId);
}
