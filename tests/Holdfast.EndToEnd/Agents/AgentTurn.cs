using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Programs;
using Holdfast.Simulator;
using Holdfast.Simulator.Network;

namespace Holdfast.EndToEnd.Agents;

/// <summary>One turn of an agent through a gateway of its own, and all that is known of it.</summary>
/// <param name="Took">How long the agent ran.</param>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed on standard error.</param>
/// <param name="Exchanges">The records of what it asked for, in the order in which they ended.</param>
/// <param name="UpstreamRequests">How often each upstream was asked, in the order of the candidates.</param>
/// <param name="GatewayLog">What the gateway printed on standard error.</param>
internal sealed partial record AgentTurn(
    TimeSpan Took, int ExitCode, string Output, string Error, IReadOnlyList<JsonElement> Exchanges,
    IReadOnlyList<int> UpstreamRequests, string GatewayLog)
{
    /// <summary>How often it showed the whole answer.</summary>
    public int AnswersShown => AnswerText().Count(Output);

    /// <summary>Runs it.</summary>
    /// <param name="agent">Who asks.</param>
    /// <param name="upstreams">The candidates, in order.</param>
    /// <param name="network">What stands between agent and gateway; by default nothing is done to what passes.</param>
    /// <param name="onReturn">Called when the agent connects again after the network killed its connection.</param>
    /// <param name="upstreamSilence">How long an upstream may be silent; null as by default.</param>
    public static async Task<AgentTurn> RunAsync(
        Agent agent, IReadOnlyList<SimulatedUpstream> upstreams, SocketRelayOptions? network = null, Action? onReturn = null,
        TimeSpan? upstreamSilence = null)
    {
        await using var gateway = await BuiltGateway.StartAsync(
            ConfigurationFor(agent, upstreams, upstreamSilence), environment: ("SIMULATED_KEY", "not-a-key-either"));
        await using var relay = SocketRelay.Start(new IPEndPoint(IPAddress.Loopback, gateway.Address.Port), network);

        var clock = Stopwatch.StartNew();
        var running = agent.CommandAt(relay.BaseUrl.GetLeftPart(UriPartial.Authority)).RunAsync();
        if (onReturn is not null && await Task.WhenAny(relay.WhenClientReturns, running) != running)
        {
            onReturn();
        }

        var (exitCode, output, error) = await running;
        var took = clock.Elapsed;

        // A gateway that has stopped has written every record.
        await gateway.Program.TerminateAsync();
        await gateway.Program.ExitAsync();
        return new(took, exitCode, output, error,
            [.. gateway.Records.Where(record => record.GetProperty("method").GetString() == "POST")],
            [.. upstreams.Select(upstream => upstream.RequestCount)], gateway.Program.Error);
    }

    /// <summary>No complaint if both are equal.</summary>
    public static IEnumerable<string> Expect<T>(string what, T wanted, T got) =>
        Equals(wanted, got) ? [] : [$"{what}: {got}, not {wanted}"];

    /// <summary>The run with these complaints and, where there are any, all that helps to understand them.</summary>
    public AgentRun Judge(List<string> complaints)
    {
        if (complaints.Count > 0)
        {
            complaints.Add($"\n{string.Join('\n', Exchanges)}\n{GatewayLog}\n{Output}\n{Error}");
        }

        return new(Took, complaints);
    }

    private static string ConfigurationFor(Agent agent, IReadOnlyList<SimulatedUpstream> upstreams, TimeSpan? silence)
    {
        var timeouts = silence is { } s ? $$"""{ "firstByte": "{{s}}", "stallAfter": "{{s}}" }""" : "{}";
        var names = upstreams.Select((_, i) => $"candidate-{i + 1}").ToList();
        return $$"""
            {
              "upstreams": {
                {{string.Concat(upstreams.Zip(names, (upstream, name) =>
                    $$"""
                    "{{name}}": { "protocol": "{{agent.Protocol}}", "baseUrl": "{{upstream.BaseUrl}}", "credential": { "env": "SIMULATED_KEY" } },
                    """))}}
              },
              "routes": [
                {
                  "model": "*",
                  "candidates": [{{string.Join(", ", names.Select(name => $"\"{name}\""))}}],
                  "timeouts": {{timeouts}},
                },
              ],
            }
            """;
    }

    [GeneratedRegex("Holdfast simulator: your setup works", RegexOptions.None, 1000)]
    private static partial Regex AnswerText();
}
