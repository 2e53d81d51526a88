
namespace Holdfast.Sinks;

/// <summary>What is said of an exchange when it has ended, besides its record.</summary>
internal static partial class SinkLog
{
    [LoggerMessage(EventId = 1207, Level = LogLevel.Warning,
        Message = "Upstream {Upstream} sent {Count} empty signatures of thinking in exchange {ExchangeId}: the client will send "
            + "them back, and the provider will refuse them")]
    public static partial void EmptySignatures(this ILogger logger, string? upstream, string exchangeId, int count);
}
