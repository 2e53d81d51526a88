using Holdfast.FunctionalTests.Failover;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A gateway that stops still hands out the turns that run: nobody who comes back for one is sent away.</summary>
public sealed class DrainedTurnTests
{
    [Theory]
    [MemberData(nameof(Turns.Protocols), MemberType = typeof(Turns))]
    public async Task While_draining_a_lost_client_still_gets_its_turn_to_the_end(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated(protocol, gate));
        gate.Release(2);
        await gateway.BeginAndLoseAsync(protocol, events: 2);
        var stopping = gateway.StopAsync();
        await gateway.WaitUntilDrainingAsync();

        var asking = gateway.AskAsync(protocol);
        await gateway.WaitForOpenExchangesAsync(2);
        gate.Open();
        var answer = await asking;

        Assert.Equal((200, "1", "close"), (answer.Status, answer.Header(LostTurn.Reattached), answer.Header("connection")));
        Assert.Equal(Turns.TranscriptOf(protocol).Text, answer.Text);
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task While_draining_another_turn_is_refused_although_one_waits()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate));
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2);
        var stopping = gateway.StopAsync();
        await gateway.WaitUntilDrainingAsync();

        var answer = await gateway.AskAsync("anthropic", model: "other");

        Assert.Equal((503, "1", "close"), (answer.Status, answer.Header("retry-after"), answer.Header("connection")));
        Assert.Equal(1, gateway.Upstream.RequestCount);
        gate.Open();
        await stopping.WithinTestTimeout();
    }
}
