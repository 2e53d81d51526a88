using Holdfast.Connections;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Wire;

namespace Holdfast.Answers;

/// <summary>How long one client may hear nothing, and what it hears then.</summary>
/// <param name="OpenEarlyAfter">Until its stream is opened although nothing has come.</param>
/// <param name="KeepAliveAfter">Until it gets a keepalive, or an interim response.</param>
/// <param name="Form">The bytes of a keepalive.</param>
/// <param name="LongestHeld">How long events that say nothing may be held back from a stream that is open;
/// <see cref="Timeout.InfiniteTimeSpan"/> for as long as somebody else may still answer.</param>
internal sealed record SilenceTerms(
    TimeSpan OpenEarlyAfter, TimeSpan KeepAliveAfter, KeepAliveForm Form, TimeSpan LongestHeld)
{
    /// <summary>What suits the client of a request.</summary>
    /// <param name="request">What it asks for.</param>
    /// <param name="options">What the configuration says.</param>
    /// <param name="timeouts">What its route says; null before that is known.</param>
    public static SilenceTerms For(ClientRequest request, StreamingOptions options, RouteTimeouts? timeouts) => new(
        timeouts?.OpenEarlyAfter ?? UsualFor(request), options.KeepAliveAfter,
        options.KeepAliveForms.For(request.Path.Protocol),
        request.Client.Known.LongestHeld);

    private static TimeSpan UsualFor(ClientRequest request)
    {
        var isLocal = Loopback.IsLoopbackClient(request.Http.HttpContext);
        if (isLocal && !request.Client.Known.OpensEarlyOnLoopback)
        {
            return Timeout.InfiniteTimeSpan;
        }

        // A client that says it will not wait that long is opened while it still waits.
        var usual = TimeSpan.FromSeconds(isLocal ? 45 : 20);
        return request.Client.Patience * 2 / 3 is { } early && early < usual ? early : usual;
    }
}
