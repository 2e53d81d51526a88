using System.Text.Json;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;

namespace Holdfast.EndToEnd.Agents;

/// <summary>Turns of agents that break in the middle, on either side of the gateway, and what comes of them.</summary>
internal static class BrokenTurn
{
    // Silence after which the network forgets a connection: the gateway's keepalives are slower. Long enough for the agent
    // to have read what came.
    private static readonly SocketRelayOptions Forgetful = new() { IdleKill = TimeSpan.FromSeconds(2) };

    /// <summary>The network between agent and gateway cuts the agent off; the upstream goes on when it comes back.</summary>
    public static async Task<AgentRun> CutOffAsync(Agent agent, BreakPoint point, Comeback comeback)
    {
        await using var upstream = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        var gate = new Gate();
        upstream.Script(point.In((answer, events) => answer.GateAfter(events, gate)));

        var turn = await AgentTurn.RunAsync(agent, [upstream], Forgetful, onReturn: gate.Open);

        var repeats = RepeatsIn(turn);
        return turn.Judge(
        [
            .. ExpectFinished(turn),
            .. AgentTurn.Expect("requests upstream", comeback == Comeback.AnotherAnswer ? 2 : 1, turn.UpstreamRequests.Sum()),
            .. AgentTurn.Expect("repeats", 1, repeats.Count),
            .. repeats.SelectMany(repeat => AgentTurn.Expect(
                "reattached", comeback != Comeback.AnotherAnswer, repeat.TryGetProperty("reattached", out var isSo) && isSo.GetBoolean())),
        ]);
    }

    /// <summary>The first of two candidates resets its stream.</summary>
    public static async Task<AgentRun> ResetUpstreamAsync(Agent agent, BreakPoint point, Comeback comeback)
    {
        await using var first = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        await using var second = SimulatedUpstream.Start(new SimulatorOptions { OtherModels = "sim" });
        first.Script(point.In((answer, events) => answer.ResetAfterEvent(events)));

        var turn = await AgentTurn.RunAsync(agent, [first, second]);

        var repeats = RepeatsIn(turn);
        return turn.Judge(
        [
            .. ExpectFinished(turn),
            .. AgentTurn.Expect("requests upstream", comeback == Comeback.TheNextStep ? "2+0" : "1+1", string.Join('+', turn.UpstreamRequests)),
            .. AgentTurn.Expect("repeats", comeback == Comeback.TheNextStep ? 0 : 1, repeats.Count),
        ]);
    }

    private static List<JsonElement> RepeatsIn(AgentTurn turn) =>
        [.. turn.Exchanges.Where(exchange => exchange.TryGetProperty("retry_of", out _))];

    // Some show what they had before the cut once more.
    private static IEnumerable<string> ExpectFinished(AgentTurn turn) =>
    [
        .. AgentTurn.Expect("exit code", 0, turn.ExitCode),
        .. AgentTurn.Expect("whether the answer is shown", true, turn.AnswersShown > 0),
        .. AgentTurn.Expect("requests of the client", 2, turn.Exchanges.Count),
    ];
}
