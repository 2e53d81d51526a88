using System.Buffers;
using System.Text;
using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Reattach;
using Holdfast.Routing;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.Wire;
using Holdfast.Wire.Passages;
using Holdfast.Wire.Protocols;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Relay;

/// <summary>What happens to an answer on its way is the business of its passage alone: one that is no part of the product, chosen
/// for one candidate, works in streams and whole answers, while held back, after failover, for whoever comes back, and in what is
/// recorded.</summary>
public sealed class OtherPassageTests
{
    public static TheoryData<string, bool> Forms
    {
        get
        {
            var forms = new TheoryData<string, bool>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                forms.Add(protocol, true);
                forms.Add(protocol, false);
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_answer_of_one_candidate_takes_its_passage_and_that_of_another_does_not(string protocol, bool stream)
    {
        await using var chain = await StartAsync();
        chain.First.Always(Turns.Healthy);
        chain.Second.Always(Turns.Healthy);

        var exact = await chain.AskAsync(protocol, stream);
        chain.First.Always(Answer.Error(529));
        var loud = await chain.AskAsync(protocol, stream);

        Assert.Equal((200, Turns.HealthyText(protocol, stream)), (exact.Status, exact.Text));
        Assert.Equal(
            (200, ChainGateway.NameOf(protocol, 1), Loud(Turns.HealthyText(protocol, stream))),
            (loud.Status, loud.Upstream, loud.Text));
    }

    [Fact]
    public async Task What_was_held_back_goes_out_as_its_passage_made_it()
    {
        await using var chain = await StartAsync(count: 3);
        chain.First.Always(Answer.Error(529));
        chain.Second.Always(Turns.Healthy);

        var answer = await chain.AskAsync();

        Assert.Equal(Loud(Turns.HealthyText("anthropic", stream: true)), answer.Text);
        Assert.Equal([1, 1, 0], chain.Ledger);
    }

    [Fact]
    public async Task Who_comes_back_gets_what_the_passage_made_and_it_is_recorded()
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Journal = new(), services: WithLoud("anthropic"));
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate));
        gate.Release(1);
        await gateway.BeginAndLoseAsync("anthropic", events: 1);

        var asking = gateway.AskAsync("anthropic");
        await gateway.WaitForOpenExchangesAsync(2);
        gate.Open();
        var again = await asking;

        var expected = Loud(Turns.TranscriptOf("anthropic").Text);
        Assert.Equal((expected, "1", 1), (again.Text, again.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        var records = new[] { await gateway.NextRecordAsync(), await gateway.NextRecordAsync() };
        Assert.Equal(expected.Length, records.Single(record => record.Reattached).ResponseBytes);
    }

    private static Task<ChainGateway> StartAsync(int count = 2) =>
        ChainGateway.StartAsync(count, options => options.Failover.Affinity.Enabled = false, services: WithLoud("second"));

    private static Action<IServiceCollection> WithLoud(string upstream) => services =>
        services.AddSingleton<PassageOf>(asked =>
            asked.Name.StartsWith(upstream, StringComparison.Ordinal) ? new LoudPassage() : Passage.Exact);

    // The simulator's words are made of such letters; what a protocol is made of stays as it is.
    private static string Loud(string text) => text
        .Replace("setup", "SETUP", StringComparison.Ordinal).Replace("works", "WORKS", StringComparison.Ordinal);

    private static byte[] Loud(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetBytes(Loud(Encoding.UTF8.GetString(bytes)));

    /// <summary>Writes the words of answers in capitals.</summary>
    private sealed class LoudPassage : Passage
    {
        public override string Target(WirePath path, string? model) => Exact.Target(path, model);

        public override SentBody Body(in ReadOnlySequence<byte> body, (long Start, int Length) modelAt, string? model) =>
            Exact.Body(body, modelAt, model);

        public override StreamPassage Stream(WirePath path, StreamContext context, bool isModelReplaced) =>
            new LoudStream(Exact.Stream(path, context, isModelReplaced));

        public override ReadOnlySequence<byte> Whole(WirePath path, in ReadOnlySequence<byte> answer) =>
            new(Loud(answer.ToArray()));
    }

    private sealed class LoudStream(StreamPassage exact) : StreamPassage(exact.Fidelity)
    {
        public override StreamFollower Upstream => exact.Upstream;

        public override StreamFollower Client => exact.Client;

        public override ReadOnlySpan<byte> Pass(ReadOnlySpan<byte> frame) => Loud(exact.Pass(frame));
    }
}
