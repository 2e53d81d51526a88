using System.Net;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Programs;
using Holdfast.Simulator.Network;

[assembly: AssemblyFixture(typeof(Gateways))]

namespace Holdfast.EndToEnd.Programs;

/// <summary>The gateways all tests share, each a process of its own, and a provider beside them. Owns them.</summary>
public sealed partial class Gateways : IAsyncLifetime
{
    /// <summary>What stands between client and gateway forgets connections that are silent for longer. The gateway
    /// speaks after 10 s: the rest is for a machine that is busy.</summary>
    private static readonly SocketRelayOptions Forgetful = new() { IdleKill = TimeSpan.FromSeconds(20) };

    private ChildProgram _simulator = null!;
    private BuiltGateway _plain = null!;
    private BuiltGateway _early = null!;
    private SocketRelay _plainRelay = null!;
    private SocketRelay _earlyRelay = null!;

    /// <summary>One without any configuration or key.</summary>
    public string Plain => _plain.BaseUrl;

    /// <summary>What that one printed on standard error when it started.</summary>
    public string StartText => _plain.Program.Error;

    /// <summary>The same gateway through a relay that kills what is silent for 20 s.</summary>
    public string PlainThroughRelay => _plainRelay.BaseUrl.GetLeftPart(UriPartial.Authority);

    /// <summary>One that opens streams after a second, and whose upstreams are all <c>holdfast simulate</c>.</summary>
    public string Early => _early.BaseUrl;

    /// <summary>The gateway that opens early, through a relay that kills what is silent for 20 s.</summary>
    public string EarlyThroughRelay => _earlyRelay.BaseUrl.GetLeftPart(UriPartial.Authority);

    public async ValueTask InitializeAsync()
    {
        _plain = await BuiltGateway.StartAsync();
        _simulator = ChildProgram.Start(Repository.Holdfast, ["simulate", "--listen", "127.0.0.1:0"]);
        var provider = (await _simulator.OutputLineAsync(SimulatorLine())).Groups["address"].Value;
        _early = await BuiltGateway.StartAsync($$"""
            {
              // Anything but the time of opening is as by default.
              "streaming": { "openEarlyAfter": "00:00:01" },
              "upstreams": {
                "anthropic": { "protocol": "anthropic", "baseUrl": "{{provider}}" },
                "openai": { "protocol": "openai", "baseUrl": "{{provider}}" },
                "gemini": { "protocol": "gemini", "baseUrl": "{{provider}}" },
              }
            }
            """);
        _plainRelay = SocketRelay.Start(EndPointOf(_plain), Forgetful);
        _earlyRelay = SocketRelay.Start(EndPointOf(_early), Forgetful);
    }

    public async ValueTask DisposeAsync()
    {
        await _plainRelay.DisposeAsync();
        await _earlyRelay.DisposeAsync();
        await _early.DisposeAsync();
        await _plain.DisposeAsync();
        await _simulator.DisposeAsync();
    }

    private static IPEndPoint EndPointOf(BuiltGateway gateway) => new(IPAddress.Loopback, gateway.Address.Port);

    [GeneratedRegex(@"^The simulator listens on (?<address>\S+?)/?$", RegexOptions.Multiline, 1000)]
    private static partial Regex SimulatorLine();
}
