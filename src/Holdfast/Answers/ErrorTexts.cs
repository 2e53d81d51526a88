using System.Globalization;
using Holdfast.Exchanges;
using Holdfast.Routing;
using Holdfast.Wire.Errors;

namespace Holdfast.Answers;

/// <summary>The sentence a client is told for each of our codes. Fixed where clients compare it; a timer's names the timer and its
/// value. Never the runtime's own words. Pure.</summary>
internal static class ErrorTexts
{
    /// <summary>Our error, with what happened in the exchange so far.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="code">What happened.</param>
    /// <param name="message">The sentence; null for the usual one.</param>
    public static GatewayError Of(Exchange exchange, ErrorCode code, string? message = null) => new(
        code, message ?? MessageFor(exchange, code),
        exchange.ExchangeId, exchange.Flight.Line);

    private static string MessageFor(Exchange exchange, ErrorCode code)
    {
        var setup = exchange.Setup;
        var message = MessageFor(code, setup, exchange.Route?.Timeouts ?? RouteTimeouts.Of(setup.Timeouts, setup.Streaming));

        // Some clients go by an error's words.
        return code.Class is ErrorClass.Stream or ErrorClass.Timeout ? $"{exchange.Client.Known.LossBegins}{message}" : message;
    }

    private static string MessageFor(ErrorCode code, Setup setup, RouteTimeouts route) => code.Class switch
    {
        ErrorClass.Timeout => TimeoutMessage(code, setup, route),
        _ when code == ErrorCodes.UpstreamHtml => "The upstream answered with an HTML page instead of an API answer.",
        ErrorClass.Connection or ErrorClass.Network => "Failed to connect to upstream server",
        ErrorClass.Stream => "Connection to upstream server lost",
        _ => code.Meaning,
    };

    private static string TimeoutMessage(ErrorCode code, Setup setup, RouteTimeouts limits)
    {
        if (code == ErrorCodes.FirstByteTimeout)
        {
            return $"The upstream did not begin its answer within {Seconds(limits.FirstByte)} (timeouts.firstByte).";
        }

        if (code == ErrorCodes.StreamStalled)
        {
            return $"The upstream sent nothing for {Seconds(limits.StallAfter)} (streaming.stallAfter).";
        }

        if (code == ErrorCodes.RequestTimeout)
        {
            return $"The answer was not whole within {Seconds(limits.Request)} (timeouts.request).";
        }

        return code == ErrorCodes.TotalTimeout
            ? $"The exchange took longer than {Seconds(setup.Timeouts.Total)} (timeouts.total)."
            : $"No connection to the upstream within {Seconds(setup.Timeouts.Connect)} (timeouts.connect).";
    }

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
