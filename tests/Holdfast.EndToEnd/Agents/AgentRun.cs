using System.Text.RegularExpressions;
using Holdfast.Simulator;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Agents;

/// <summary>What came of an agent's turn.</summary>
/// <param name="Took">How long the agent ran.</param>
/// <param name="Complaints">What was not as it should be, the most telling first; empty if all was well.</param>
internal sealed partial record AgentRun(TimeSpan Took, IReadOnlyList<string> Complaints)
{
    /// <summary>One turn before two upstreams of which the first suffers one fault.</summary>
    /// <param name="agent">Who asks.</param>
    /// <param name="fault">What befalls the first request; null for nothing.</param>
    public static async Task<AgentRun> OfAsync(Agent agent, OneFault? fault)
    {
        await using var first = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var second = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        fault?.Befall(first);

        var turn = await AgentTurn.RunAsync(agent, [first, second], upstreamSilence: TimeSpan.FromSeconds(3));

        var attempts = fault is null ? 1 : 2;
        return turn.Judge([
            .. AgentTurn.Expect("exit code", 0, turn.ExitCode),
            .. AgentTurn.Expect("answers shown", 1, turn.AnswersShown),
            .. ErrorText().Matches(turn.Output + turn.Error).Select(match => $"it says \"{match.Value.Trim()}\""),
            .. AgentTurn.Expect("requests of the client", 1, turn.Exchanges.Count),
            .. turn.Exchanges.SelectMany(one => AgentTurn.Expect("attempts", attempts, one.GetProperty("attempts").GetInt32())),
            .. turn.Exchanges.SelectMany(one => AgentTurn.Expect("end", "completed", one.GetProperty("end").GetString())),
            .. AgentTurn.Expect("requests upstream", attempts, turn.UpstreamRequests.Sum()),
        ]);
    }

    // Whole lines. The scripts that drive SDKs always name the error there was not.
    [GeneratedRegex("""^.*(error(?!":null)|\bfail|retry|retries|reconnect|disconnect|overloaded|rate.?limit|ECONN|terminated|timed? ?out|issue with|without a finish).*$""",
        RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ErrorText();
}
