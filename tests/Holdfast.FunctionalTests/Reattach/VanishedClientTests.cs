using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Hosting;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Recording.Records;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A client whose connection is dead without a sign. Its kernel answers nothing any more; ours knows after it
/// has sent the same bytes a few times.</summary>
public sealed class VanishedClientTests
{
    /// <summary>The kernel sends again after 0.2, 0.6 and 1.4 s: its own clock.</summary>
    private static readonly TimeSpan UntilItShows = TimeSpan.FromSeconds(3);

    /// <summary>Without a session it takes longer: whoever asks the same may mean it.</summary>
    private static readonly (string, string) Session = ("x-session-id", "one");

    public static TheoryData<string> Protocols => Turns.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_client_that_vanished_after_any_event_gets_its_turn_when_it_asks_again(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        var events = Turns.TranscriptOf(protocol).Events;
        var cases = Enumerable.Range(1, events.Count - 2).Select(count => (Count: count, Key: $"case-{count}")).ToList();
        var gates = new List<Gate>();
        var clients = new List<RawHttpClient>();
        foreach (var (count, key) in cases)
        {
            clients.Add(await gateway.ConnectAsync());
            gates.Add(await BeginAndVanishAsync(gateway, protocol, clients[^1], count, $"x-api-key: {key}\r\n"));
            gates[^1].Release();
        }

        await RealIdling.ForAsync(UntilItShows);
        var asking = cases.Select(one => gateway.AskAsync(protocol, headers: [Session, ("x-api-key", one.Key)])).ToList();
        gates.ForEach(gate => gate.Open());

        foreach (var answer in await Task.WhenAll(asking))
        {
            Assert.Equal((200, BodyEnd.CleanEnd, "1"), (answer.Status, answer.End, answer.Header(LostTurn.Reattached)));
            Assert.Equal(Turns.TranscriptOf(protocol).Text, answer.Text);
        }

        Assert.Equal(cases.Count, gateway.Upstream.RequestCount);
        clients.ForEach(client => client.Reset());
    }

    /// <summary>Nothing of the answer was left to be written when it asked again: it had been written to nobody.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_answer_that_was_written_whole_to_a_vanished_client_waits_for_it(string protocol)
    {
        await using var gateway = await LostTurn.StartAsync();
        await using var vanished = await gateway.ConnectAsync();
        var gate = await BeginAndVanishAsync(gateway, protocol, vanished);
        gate.Release();
        await RealIdling.ForAsync(UntilItShows);
        gate.Open();
        var record = await gateway.NextRecordAsync();

        var answer = await gateway.AskAsync(protocol, headers: Session);

        Assert.Equal(("client_aborted", "client", "drained"), (record.End?.Word(), record.EndSide?.Word(), record.Turn?.Word()));
        Assert.Equal((Turns.TranscriptOf(protocol).Text, "1", 1),
            (answer.Text, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>A client that came back may vanish as well.</summary>
    [Fact]
    public async Task An_answer_that_was_replayed_to_a_vanished_client_waits_again()
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated("anthropic", gate));
        gate.Release(2);
        await gateway.BeginAndLoseAsync("anthropic", events: 2, headers: "x-session-id: one\r\n");
        await using var vanished = await gateway.ConnectAsync();
        await vanished.BeginTurnAsync("anthropic", "x-session-id: one\r\n");
        await vanished.ReadEventsAsync(Turns.TranscriptOf("anthropic").Events.Take(2));
        vanished.Vanish();
        gate.Release();
        await RealIdling.ForAsync(UntilItShows);
        gate.Open();
        await gateway.NextRecordAsync();
        Assert.Equal(ExchangeEnd.ClientAborted, (await gateway.NextRecordAsync()).End);

        var answer = await gateway.AskAsync("anthropic", headers: Session);

        Assert.Equal((Turns.TranscriptOf("anthropic").Text, "1", 1),
            (answer.Text, answer.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    /// <summary>A client that reads nothing is there: its kernel says so.</summary>
    [Fact]
    public async Task A_client_that_does_not_read_has_not_vanished()
    {
        await using var gateway = await LostTurn.StartAsync();
        var stream = LongStream.Of(megabytes: 8);
        gateway.Upstream.Script(Answer.Sse(stream), Answer.Ok());
        await using var slow = await RawHttpClient.ConnectAsync(gateway.Address, receiveBuffer: 4096);
        await slow.BeginTurnAsync("openai-chat", "x-session-id: one\r\n");
        await RealIdling.ForAsync(UntilItShows);

        var sample = await gateway.AskAsync("openai-chat", headers: Session);

        Assert.Equal((null, 2), (sample.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
        Assert.Equal(stream.Text.Length, (await slow.ReadTextAsync()).Length);
    }

    private static async Task<Gate> BeginAndVanishAsync(
        TestGateway gateway, string protocol, RawHttpClient client, int events = 2, string headers = "")
    {
        var gate = new Gate();
        gateway.Upstream.Script(LostTurn.Gated(protocol, gate));
        gate.Release(events);
        await client.BeginTurnAsync(protocol, $"x-session-id: one\r\n{headers}");
        await client.ReadEventsAsync(Turns.TranscriptOf(protocol).Events.Take(events));
        client.Vanish();
        return gate;
    }
}
