using System.Diagnostics;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Programs;
using Holdfast.Simulator;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Agents;

/// <summary>One turn of an agent through a gateway of its own, before two upstreams of which the first suffers one
/// fault.</summary>
/// <param name="Took">How long the agent ran.</param>
/// <param name="Complaints">What was not as it should be, the most telling first; empty if all was well.</param>
internal sealed partial record AgentRun(TimeSpan Took, IReadOnlyList<string> Complaints)
{
    /// <summary>Runs it.</summary>
    /// <param name="agent">Who asks.</param>
    /// <param name="fault">What befalls the first request; null for nothing.</param>
    public static async Task<AgentRun> OfAsync(Agent agent, OneFault? fault)
    {
        await using var first = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var second = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        fault?.Befall(first);
        await using var gateway = await BuiltGateway.StartAsync(
            ConfigurationFor(agent, first, second), environment: ("SIMULATED_KEY", "not-a-key-either"));

        var clock = Stopwatch.StartNew();
        var (exitCode, output, error) = await agent.CommandAt(gateway.BaseUrl).RunAsync();
        var took = clock.Elapsed;

        // A gateway that has stopped has written every record.
        await gateway.Program.TerminateAsync();
        await gateway.Program.ExitAsync();
        var turns = gateway.Records.Where(record => record.GetProperty("method").GetString() == "POST").ToList();
        var attempts = fault is null ? 1 : 2;
        List<string> complaints =
        [
            .. Expect("exit code", 0, exitCode),
            .. Expect("answers shown", 1, AnswerText().Count(output)),
            .. ErrorText().Matches(output + error).Select(match => $"it says \"{match.Value.Trim()}\""),
            .. Expect("requests of the client", 1, turns.Count),
            .. turns.SelectMany(turn => Expect("attempts", attempts, turn.GetProperty("attempts").GetInt32())),
            .. turns.SelectMany(turn => Expect("end", "completed", turn.GetProperty("end").GetString())),
            .. Expect("requests upstream", attempts, first.RequestCount + second.RequestCount),
        ];
        if (complaints.Count > 0)
        {
            complaints.Add($"\n{string.Join('\n', gateway.Records)}\n{gateway.Program.Error}\n{output}\n{error}");
        }

        return new(took, complaints);
    }

    private static string ConfigurationFor(Agent agent, SimulatedUpstream first, SimulatedUpstream second) =>
        $$"""
        {
          "upstreams": {
            "first": { "protocol": "{{agent.Protocol}}", "baseUrl": "{{first.BaseUrl}}", "credential": { "env": "SIMULATED_KEY" } },
            "second": { "protocol": "{{agent.Protocol}}", "baseUrl": "{{second.BaseUrl}}", "credential": { "env": "SIMULATED_KEY" } },
          },
          "routes": [
            {
              "model": "*",
              "candidates": ["first", "second"],
              "timeouts": { "firstByte": "00:00:03", "stallAfter": "00:00:03" },
            },
          ],
        }
        """;

    private static IEnumerable<string> Expect<T>(string what, T wanted, T got) =>
        Equals(wanted, got) ? [] : [$"{what}: {got}, not {wanted}"];

    [GeneratedRegex("Holdfast simulator: your setup works", RegexOptions.None, 1000)]
    private static partial Regex AnswerText();

    // Whole lines. The scripts that drive SDKs always name the error there was not.
    [GeneratedRegex("""^.*(error(?!":null)|\bfail|retry|retries|reconnect|disconnect|overloaded|rate.?limit|ECONN|terminated|timed? ?out|issue with|without a finish).*$""",
        RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ErrorText();
}
