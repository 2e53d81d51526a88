using Holdfast.Proxy;
using Holdfast.Upstreams;
using Holdfast.Wire.Errors;

namespace Holdfast.Routing;

/// <summary>Which upstream a request goes to: the one it names, the simulator for its models, else its protocol's default.</summary>
internal sealed class RouteTable(UpstreamTable upstreams)
{
    /// <summary>The name of the simulator inside the process (D40).</summary>
    public const string Simulator = "sim";

    /// <summary>The upstream, or null and why there is none.</summary>
    public Upstream? Choose(ClientRequest request, out GatewayError refusal)
    {
        refusal = null!;
        if (request.Client.Upstream is { } asked)
        {
            return Named(asked, request, out refusal);
        }

        if (IsSimulated(request.Model) && upstreams.Find(Simulator) is { } simulator)
        {
            return simulator;
        }

        if (upstreams.DefaultFor(request.Path.Family) is { } upstream)
        {
            return upstream;
        }

        refusal = new(ErrorCodes.UnknownUpstream,
            $"No upstream is configured for the protocol {request.Path.Protocol.Name}.");
        return null;
    }

    private Upstream? Named(string name, ClientRequest request, out GatewayError refusal)
    {
        refusal = null!;
        var upstream = upstreams.Find(name);
        if (upstream is null)
        {
            refusal = new(ErrorCodes.UnknownUpstream, "The header holdfast-upstream names no configured upstream.");
        }
        else if (upstream.Protocol != request.Path.Family && upstream.Name != Simulator)
        {
            refusal = new(ErrorCodes.UnknownUpstream,
                $"The upstream {upstream.Name} does not speak this path's protocol ({request.Path.Protocol.Name}).");
            upstream = null;
        }

        return upstream;
    }

    private static bool IsSimulated(string? model) =>
        model is not null && (model == Simulator || model.StartsWith("sim-", StringComparison.Ordinal));
}
