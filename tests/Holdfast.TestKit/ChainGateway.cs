using Microsoft.Extensions.DependencyInjection;
using Holdfast.Configuration;
using Holdfast.Recording.Records;
using Holdfast.Routing;
using Holdfast.Simulator;
using Holdfast.TestKit.Sockets;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;

namespace Holdfast.TestKit;

/// <summary>The gateway with the product's own settings of failover, before several simulated upstreams. For each protocol
/// a route <c>*</c> leads to all of them, in order: the first bears the protocol's name and gets the client's own
/// credential, the others are <c>second</c>, <c>third</c> … with one of their own. Owns them all.</summary>
public sealed class ChainGateway : IAsyncDisposable
{
    private static readonly string[] Ordinals = ["first", "second", "third", "fourth"];

    private ChainGateway(TestGateway gateway, IReadOnlyList<SimulatedUpstream> upstreams) =>
        (Gateway, Upstreams) = (gateway, upstreams);

    /// <summary>The gateway.</summary>
    public TestGateway Gateway { get; }

    /// <summary>The upstreams, in the order of the routes.</summary>
    public IReadOnlyList<SimulatedUpstream> Upstreams { get; }

    public SimulatedUpstream First => Upstreams[0];

    public SimulatedUpstream Second => Upstreams[1];

    public SimulatedUpstream Third => Upstreams[2];

    /// <summary>How many requests each upstream got.</summary>
    public IReadOnlyList<int> Ledger => [.. Upstreams.Select(upstream => upstream.RequestCount)];

    /// <summary>Starts one.</summary>
    /// <param name="count">How many upstreams there are.</param>
    /// <param name="configure">Changes the settings; upstreams and routes are set already.</param>
    /// <param name="time">The gateway's clock; the system's if null.</param>
    /// <param name="simulator">How the upstreams listen.</param>
    /// <param name="firstAddress">Where the gateway thinks the first is (a closed port); else the truth.</param>
    /// <param name="home">Its folder for what outlives it; none if null.</param>
    /// <param name="treatsLoopbackAsRemote">Whether this machine's clients count as others.</param>
    /// <param name="services">Changes the gateway's services.</param>
    public static async Task<ChainGateway> StartAsync(
        int count = 2, Action<HoldfastOptions>? configure = null, TimeProvider? time = null,
        SimulatorOptions? simulator = null, Uri? firstAddress = null, string? home = null,
        bool treatsLoopbackAsRemote = false, Action<IServiceCollection>? services = null)
    {
        var others = Enumerable.Range(1, count - 1)
            .Select(_ => SimulatedUpstream.Start((simulator ?? new SimulatorOptions { OtherModels = "sim" }) with
            {
                Connections = ConnectionFault.None,
            })).ToList();
        var gateway = await TestGateway.StartAsync(
            options =>
            {
                options.Failover = new();
                Connect(options, others);
                configure?.Invoke(options);
            },
            time, simulator, treatsLoopbackAsRemote: treatsLoopbackAsRemote, upstreamAddress: firstAddress, home: home,
            services: services);
        return new ChainGateway(gateway, [gateway.Upstream, .. others]);
    }

    /// <summary>What the configuration calls an upstream.</summary>
    /// <param name="protocol">The protocol's name.</param>
    /// <param name="index">Its place in the route, from 0.</param>
    public static string NameOf(string protocol, int index) => NameOf(
        WireProtocols.All.Single(known => known.Name == protocol).Family, index);

    /// <summary>A raw client with a connection of its own.</summary>
    public Task<RawHttpClient> ConnectAsync() => Gateway.ConnectAsync();

    /// <summary>The record of the next exchange that ends.</summary>
    public Task<ExchangeRecord> NextRecordAsync() => Gateway.NextRecordAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var upstream in Upstreams)
        {
            await upstream.DisposeAsync();
        }

        await Gateway.DisposeAsync();
    }

    private static string NameOf(ProtocolFamily family, int index) => (family, index) switch
    {
        (_, 0) => FirstOf(family),
        (ProtocolFamily.Anthropic, _) => Ordinals[index],
        _ => $"{Ordinals[index]}-{FirstOf(family)}",
    };

    private static string FirstOf(ProtocolFamily family) => family switch
    {
        ProtocolFamily.Anthropic => "anthropic",
        ProtocolFamily.OpenAI => "openai",
        _ => "gemini",
    };

    private static void Connect(HoldfastOptions options, List<SimulatedUpstream> others)
    {
        var upstreams = new Dictionary<string, UpstreamOptions>(options.Upstreams, StringComparer.OrdinalIgnoreCase);
        var routes = new List<RouteOptions>();
        foreach (var family in Enum.GetValues<ProtocolFamily>())
        {
            for (var i = 0; i < others.Count; i++)
            {
                upstreams[NameOf(family, i + 1)] = new UpstreamOptions
                {
                    Protocol = family,
                    BaseUrl = others[i].BaseUrl,
                    Proxy = "off",
                    Credential = new() { Env = $"TEST_KEY_{Ordinals[i + 1].ToUpperInvariant()}" },
                };
            }

            routes.Add(new RouteOptions
            {
                Model = "*",
                Candidates = [.. Enumerable.Range(0, others.Count + 1).Select(i => new CandidateOptions { Upstream = NameOf(family, i) })],
            });
        }

        options.Upstreams = upstreams;
        options.Routes = routes;
    }
}
