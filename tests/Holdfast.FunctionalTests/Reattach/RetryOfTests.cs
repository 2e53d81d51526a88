using Holdfast.FunctionalTests.Failover;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A turn that failed in the middle and comes again is linked to its first sending, and asks somebody else
/// first.</summary>
public sealed class RetryOfTests
{
    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task After_a_failure_in_the_middle_the_same_turn_asks_the_next_candidate_first(string protocol)
    {
        await using var chain = await ChainGateway.StartAsync(configure: options => options.Journal = new());
        chain.First.Always(Answer.Ok().ResetAfterEvent(Turns.HandshakeOf(protocol) + 2));
        chain.Second.Always(Turns.Healthy);

        await chain.AskAsync(protocol);
        var failed = await chain.NextRecordAsync();
        var answer = await chain.AskAsync(protocol);
        var second = await chain.NextRecordAsync();

        Assert.Equal(("failed", "upstream", null), (failed.End?.Word(), failed.EndSide?.Word(), failed.RetryOf));
        Assert.Equal(Turns.HealthyText(protocol, stream: true), answer.Text);
        Assert.Equal(("completed", failed.ExchangeId, false, ChainGateway.NameOf(protocol, 1), 1),
            (second.End?.Word(), second.RetryOf, second.Reattached, second.Upstream, second.Attempts));
        Assert.Equal([1, 1], chain.Ledger);
    }

    /// <summary>Once: what comes after it is a new turn.</summary>
    [Fact]
    public async Task The_link_is_made_once_and_for_as_long_as_journal_keep()
    {
        var time = new ManualTime();
        await using var gateway = await LostTurn.StartAsync(time);
        gateway.Upstream.Script(Answer.Ok().ResetAfterEvent(4), Answer.Ok(), Answer.Ok(), Answer.Ok().ResetAfterEvent(4), Answer.Ok());
        var linked = new List<bool>();
        for (var i = 0; i < 5; i++)
        {
            await gateway.AskAsync("anthropic");
            linked.Add((await gateway.NextRecordAsync()).RetryOf is not null);
            time.Advance(i == 3 ? LostTurn.Keep : TimeSpan.FromSeconds(1));
        }

        Assert.Equal([false, true, false, false, false], linked);
    }

    [Fact]
    public async Task A_turn_of_another_principal_is_not_linked()
    {
        await using var gateway = await LostTurn.StartAsync();
        gateway.Upstream.Script(Answer.Ok().ResetAfterEvent(4), Answer.Ok());

        await gateway.AskAsync("anthropic", headers: ("x-api-key", "one"));
        await gateway.NextRecordAsync();
        await gateway.AskAsync("anthropic", headers: ("x-api-key", "two"));

        Assert.Null((await gateway.NextRecordAsync()).RetryOf);
    }

    /// <summary>What was told before any output is told again by whom it was told: nothing is to go around a refusal.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_that_was_refused_is_refused_again_by_the_same_candidate(bool stream)
    {
        await using var chain = await ChainGateway.StartAsync(configure: options => options.Journal = new());
        chain.First.Always(Answer.Error(400));
        chain.Second.Always(Turns.Healthy);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((400, "anthropic"), (await chain.AskAsync(stream: stream)) is var answer ? (answer.Status, answer.Upstream) : default);
            Assert.Null((await chain.NextRecordAsync()).RetryOf);
        }

        Assert.Equal([3, 0], chain.Ledger);
    }

    /// <summary>Nothing of it was kept, since its client was there to the end.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_that_reached_its_client_is_forgotten_and_takes_no_memory(bool stream)
    {
        await using var gateway = await LostTurn.StartAsync();
        await gateway.AskAsync("anthropic", stream);
        await gateway.NextRecordAsync();

        var journal = gateway.Services.GetRequiredService<Holdfast.Journal.TurnJournal>();
        Assert.Equal((0, 0L, true), (journal.Count, journal.HeldBytes, journal.IsEmpty));
    }
}
