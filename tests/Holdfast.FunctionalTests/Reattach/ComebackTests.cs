using Holdfast.FunctionalTests.Failover;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>What real clients send when they come back. <c>./test clients</c> proves with the clients themselves that they
/// do.</summary>
public sealed class ComebackTests
{
    /// <summary>Codex writes its metadata in another order, Claude Code's fallback asks for no stream and fewer tokens.</summary>
    [Theory]
    [InlineData("claude-code-same")]
    [InlineData("claude-code-fallback")]
    [InlineData("codex-same")]
    public async Task A_client_that_asks_for_the_same_turn_gets_its_answer(string comeback) =>
        Assert.Equal(("1", 1), await ComeBackAsync(comeback));

    /// <summary>They put what they have of the answer behind the question.</summary>
    [Theory]
    [InlineData("claude-code-rest")]
    [InlineData("codex-rest")]
    [InlineData("opencode-gemini-rest")]
    public async Task A_client_that_asks_for_the_rest_gets_an_answer_of_its_own(string comeback) =>
        Assert.Equal((null, 2), await ComeBackAsync(comeback));

    /// <summary>Loses the first request of a sequence in the middle of its answer, sends the second.</summary>
    private static async Task<(string? Reattached, int UpstreamRequests)> ComeBackAsync(string comeback)
    {
        var requests = AgentSequence.ReadComeback(comeback).Requests;
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(Answer.Ok().GateAfter(5, gate), Answer.Ok());
        await using (var lost = await gateway.ConnectAsync())
        {
            await requests[0].BeginAsync(lost);
            await lost.LoseAsync(gateway);
        }

        await using var client = await gateway.ConnectAsync();
        var answering = requests[1].SendAsync(client);
        gate.Open();
        var (head, _) = await answering.WithinTestTimeout();

        Assert.Equal((200, BodyEnd.CleanEnd), (head.Status, client.End));
        return (head.Header(LostTurn.Reattached), gateway.Upstream.RequestCount);
    }
}
