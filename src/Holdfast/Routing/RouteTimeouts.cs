namespace Holdfast.Routing;

/// <summary>How long the attempts of a route may be silent: its own limits where it has some, else everybody's.</summary>
/// <param name="FirstByte">Until a stream's first byte.</param>
/// <param name="Request">Until a whole answer is there.</param>
/// <param name="StallAfter">Of a stream that has begun.</param>
/// <param name="OpenEarlyAfter">Until a stream is opened although nothing has come; null for what suits the client.</param>
internal sealed record RouteTimeouts(TimeSpan FirstByte, TimeSpan Request, TimeSpan StallAfter, TimeSpan? OpenEarlyAfter)
{
    public static RouteTimeouts Of(TimeoutOptions timeouts, StreamingOptions streaming, RouteTimeoutOptions? own = null) => new(
        own?.FirstByte ?? timeouts.FirstByte,
        own?.Request ?? timeouts.Request,
        own?.StallAfter ?? streaming.StallAfter,
        own?.OpenEarlyAfter ?? streaming.OpenEarlyAfter);
}
