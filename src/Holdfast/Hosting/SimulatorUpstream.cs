using System.Net;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Hosting;

/// <summary>The simulator inside the process, as upstream <c>sim</c>: a newcomer without a key sees the real thing work.
/// Only where every listener is loopback: nobody elsewhere shall be able to ask for faults.</summary>
internal static class SimulatorUpstream
{
    public static bool IsOffered(HoldfastOptions options) => options.Listen.All(listener =>
    {
        var host = new Uri(listener).IdnHost;
        return host == "localhost" || (IPAddress.TryParse(host, out var address) && Loopback.Contains(address));
    });

    public static void AddSimulatorUpstream(this IServiceCollection services, HoldfastOptions options)
    {
        if (!IsOffered(options))
        {
            return;
        }

        // The container owns it: it ends with the process.
        services.AddSingleton<WaitingSimulator>();
        services.AddSingleton(provider => new Upstream(
            RouteTable.Simulator,
            new UpstreamOptions
            {
                Protocol = ProtocolFamily.Anthropic,
                BaseUrl = provider.GetRequiredService<WaitingSimulator>().BaseUrl,
                Proxy = "off",
            },
            provider.GetRequiredService<UpstreamSurroundings>()));
    }
}
