using Holdfast.Configuration;

namespace Holdfast.Routing;

/// <summary>How long the attempts of a route may be silent: its own limits where it has some, else everybody's.</summary>
/// <param name="FirstByte">Until a stream's first byte.</param>
/// <param name="Request">Until a whole answer is there.</param>
/// <param name="StallAfter">Of a stream that has begun.</param>
/// <param name="OpenEarlyAfter">Until a stream is opened although nothing has come; null for what suits the client.</param>
internal sealed record RouteTimeouts(TimeSpan FirstByte, TimeSpan Request, TimeSpan StallAfter, TimeSpan? OpenEarlyAfter)
{
    public static RouteTimeouts Of(HoldfastOptions options, RouteTimeoutOptions? own = null) => new(
        own?.FirstByte ?? options.Timeouts.FirstByte,
        own?.Request ?? options.Timeouts.Request,
        own?.StallAfter ?? options.Streaming.StallAfter,
        own?.OpenEarlyAfter ?? options.Streaming.OpenEarlyAfter);
}
