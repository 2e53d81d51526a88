using Holdfast.Configuration;
using Holdfast.Requests;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

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

    public RouteTable(HoldfastOptions options, UpstreamTable upstreams, FailoverTools tools)
    {
        _upstreams = upstreams;
        _tools = tools;
        _routes = [.. options.Routes.Select(rule => new Route(rule, upstreams, options))];
        _alone = upstreams.All.ToDictionary(upstream => upstream, upstream => new Route(upstream, options));
    }

    /// <summary>The walk over the request's candidates, or null and why there are none.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="startedAt">When its exchange began.</param>
    /// <param name="failedBefore">The candidate whose answer to this same turn broke off; null for none.</param>
    /// <param name="refusal">Why there are no candidates.</param>
    public RoutePlan? Plan(ClientRequest request, DateTimeOffset startedAt, string? failedBefore, out GatewayError refusal)
    {
        refusal = null!;
        return RouteOf(request, out refusal) is { } route
            ? new RoutePlan(route, request, startedAt, _tools, failedBefore)
            : null;
    }

    private Route? RouteOf(ClientRequest request, out GatewayError refusal)
    {
        refusal = null!;
        if (request.Client.Upstream is { } asked)
        {
            return Named(asked, request, out refusal);
        }

        if (request.Model is { } model && MatchOf(model, request.Path.Family) is { } route)
        {
            return route;
        }

        if (IsSimulated(request.Model) && _upstreams.Find(Simulator) is { } simulator)
        {
            return _alone[simulator];
        }

        if (_upstreams.DefaultFor(request.Path.Family) is { } upstream)
        {
            return _alone[upstream];
        }

        refusal = new(ErrorCodes.UnknownUpstream,
            $"No upstream is configured for the protocol {request.Path.Protocol.Name}.");
        return null;
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

    private Route? Named(string name, ClientRequest request, out GatewayError refusal)
    {
        refusal = null!;
        var upstream = _upstreams.Find(name);
        if (upstream is null)
        {
            refusal = new(ErrorCodes.UnknownUpstream, "The header holdfast-upstream names no configured upstream.");
            return null;
        }

        if (upstream.Protocol != request.Path.Family && upstream.Name != Simulator)
        {
            refusal = new(ErrorCodes.UnknownUpstream,
                $"The upstream {upstream.Name} does not speak this path's protocol ({request.Path.Protocol.Name}).");
            return null;
        }

        return _alone[upstream];
    }

    private static bool IsSimulated(string? model) =>
        model is not null && (model == Simulator || model.StartsWith("sim-", StringComparison.Ordinal));
}
