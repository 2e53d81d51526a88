using System.Globalization;
using Holdfast.Configuration;
using Holdfast.Routing;
using Holdfast.Simulator.Connections;
using Holdfast.Wire.Errors;

namespace Holdfast.Answers;

/// <summary>The sentence a client is told for each of our codes. Fixed where clients compare it (R92, R94); a timer's
/// names the timer and its value (R73). Never the runtime's own words (R114).</summary>
internal sealed class ErrorTexts(HoldfastOptions options)
{
    /// <summary>The message for a code.</summary>
    /// <param name="code">What happened.</param>
    /// <param name="route">The route's own limits; everybody's if null.</param>
    /// <param name="client">Who is told, where that is known.</param>
    public string MessageFor(ErrorCode code, RouteTimeouts? route = null, string? client = null)
    {
        var message = MessageFor(code, route);

        // opencode goes by an error's words: with these it asks again, without them it takes a lost stream for final
        // (measured with 1.18.33).
        return client == "opencode" && code.Class is ErrorClass.Stream or ErrorClass.Timeout
            ? $"Connection lost: {message}"
            : message;
    }

    private string MessageFor(ErrorCode code, RouteTimeouts? route) => code.Class switch
    {
        ErrorClass.Timeout => TimeoutMessage(code, route ?? RouteTimeouts.Of(options)),
        _ when code == ErrorCodes.UpstreamHtml => "The upstream answered with an HTML page instead of an API answer.",
        ErrorClass.Connection or ErrorClass.Network => "Failed to connect to upstream server",
        ErrorClass.Stream => "Connection to upstream server lost",
        _ => code.Meaning,
    };

    private string TimeoutMessage(ErrorCode code, RouteTimeouts limits)
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
            ? $"The exchange took longer than {Seconds(options.Timeouts.Total)} (timeouts.total)."
            : $"No connection to the upstream within {Seconds(options.Timeouts.Connect)} (timeouts.connect).";
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
