using Holdfast.Requests;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Passages;

namespace Holdfast.Routing;

/// <summary>Which candidates a request has: the upstream it names, the first route that matches, the simulator for its
/// models, else its protocol's default upstream. Immutable.</summary>
internal sealed class RouteTable
{
    /// <summary>The name of the simulator inside the process (D40).</summary>
    public const string Simulator = "sim";

    private readonly UpstreamTable _upstreams;
    private readonly FailoverTools _tools;
    private readonly Route[] _routes;
    private readonly Dictionary<Upstream, Route> _alone;

    /// <param name="rules">The routes of the configuration, checked.</param>
    /// <param name="defaults">What holds where a route says nothing.</param>
    /// <param name="upstreams">Who can be asked.</param>
    /// <param name="tools">What all walks share.</param>
    /// <param name="passages">Which passage leads to an upstream; the exact one for all if null.</param>
    public RouteTable(
        IReadOnlyList<RouteOptions> rules, RouteDefaults defaults, UpstreamTable upstreams, FailoverTools tools,
        PassageOf? passages = null)
    {
        _upstreams = upstreams;
        _tools = tools;
        passages ??= static _ => Passage.Exact;
        _routes = [.. rules.Select(rule => new Route(rule, upstreams, defaults, passages))];
        _alone = upstreams.All.ToDictionary(upstream => upstream, upstream => new Route(upstream, defaults, passages));
    }

    /// <summary>The walk over the request's candidates, or why there are none.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="startedAt">When its exchange began.</param>
    /// <param name="failedBefore">The candidate whose answer to this same turn broke off; null for none.</param>
    public (RoutePlan? Plan, GatewayError? Refusal) Plan(
        ClientRequest request, DateTimeOffset startedAt, string? failedBefore)
    {
        var (route, refusal) = RouteOf(request);
        return (route is null ? null : new(route, request, startedAt, _tools, failedBefore), refusal);
    }

    private (Route? Route, GatewayError? Refusal) RouteOf(ClientRequest request)
    {
        if (request.Client.Upstream is { } asked)
        {
            return Named(asked, request);
        }

        if (request.Model is { } model && MatchOf(model, request.Path.Family) is { } route)
        {
            return (route, null);
        }

        if (IsSimulated(request.Model) && _upstreams.Find(Simulator) is { } simulator)
        {
            return (_alone[simulator], null);
        }

        return _upstreams.DefaultFor(request.Path.Family) is { } upstream
            ? (_alone[upstream], null)
            : (null, new(ErrorCodes.UnknownUpstream,
                $"No upstream is configured for the protocol {request.Path.Protocol.Name}."));
    }

    private Route? MatchOf(string model, ProtocolFamily family)
    {
        foreach (var route in _routes)
        {
            if (route.Matches(model, family))
            {
                return route;
            }
        }

        return null;
    }

    private (Route? Route, GatewayError? Refusal) Named(string name, ClientRequest request)
    {
        var upstream = _upstreams.Find(name);
        if (upstream is null)
        {
            return (null, new(ErrorCodes.UnknownUpstream, "The header holdfast-upstream names no configured upstream."));
        }

        return upstream.Family == request.Path.Family || upstream.Name == Simulator
            ? (_alone[upstream], null)
            : (null, new(ErrorCodes.UnknownUpstream,
                $"The upstream {upstream.Name} does not speak this path's protocol ({request.Path.Protocol.Name})."));
    }

    private static bool IsSimulated(string? model) =>
        model is not null && (model == Simulator || model.StartsWith("sim-", StringComparison.Ordinal));
}
