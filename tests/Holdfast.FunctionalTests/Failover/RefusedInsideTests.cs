using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>An upstream that tells of a failure inside its 200 is made good by somebody else where there is somebody; where nobody
/// else is asked, its client gets what it said.</summary>
public sealed class RefusedInsideTests
{
    public static TheoryData<string> Protocols => ["anthropic", "openai-chat", "openai-responses", "gemini"];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task While_the_other_candidate_is_limited_an_overload_told_inside_a_200_reaches_the_client_as_it_was_told(string protocol)
    {
        await using var alone = await ChainGateway.StartAsync(count: 1, configure: WithoutAffinity);
        await using var chain = await ChainGateway.StartAsync(configure: WithoutAffinity);
        await LimitTheSecondAsync(chain, protocol);
        alone.First.Always(Overloaded(protocol));
        chain.First.Always(Overloaded(protocol));

        var expected = await alone.AskAsync(protocol);
        var told = await chain.AskAsync(protocol);

        Assert.Equal((200, expected.Text, expected.End), (told.Status, told.Text, told.End));
        Assert.Equal(1, chain.Second.RequestCount);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_next_candidate_answers_in_its_place_where_it_may(string protocol)
    {
        await using var chain = await ChainGateway.StartAsync(configure: WithoutAffinity);
        chain.First.Always(Overloaded(protocol));
        chain.Second.Always(Turns.Healthy);

        var answer = await chain.AskAsync(protocol);

        Assert.Equal((200, Turns.HealthyText(protocol, stream: true)), (answer.Status, answer.Text));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Of_two_that_tell_of_a_failure_the_last_one_speaks_for_itself(string protocol)
    {
        await using var chain = await ChainGateway.StartAsync(configure: WithoutAffinity);
        chain.First.Always(Overloaded(protocol));
        chain.Second.Always(Overloaded(protocol));

        var answer = await chain.AskAsync(protocol);

        Assert.Equal((200, ChainGateway.NameOf(protocol, 1)), (answer.Status, answer.Upstream));
        Assert.Equal([1, 1], chain.Ledger);
    }

    private static void WithoutAffinity(Configuration.HoldfastOptions options) => options.Failover.Affinity.Enabled = false;

    private static Answer Overloaded(string protocol) =>
        Answer.Sse(Turns.TranscriptOf(protocol)).ErrorEventAfter(Turns.HandshakeOf(protocol));

    private static async Task LimitTheSecondAsync(ChainGateway chain, string protocol)
    {
        chain.First.Always(Turns.Healthy);
        chain.Second.Always(Answer.Error(429).Header("retry-after", "600"));
        chain.First.Script(Answer.Ok().ResetBeforeHeaders(), Answer.Ok().ResetBeforeHeaders());
        await chain.AskAsync(protocol);
        await chain.AskAsync(protocol);
    }
}
