using Holdfast.Configuration;
using Holdfast.FunctionalTests.Failover;
using Holdfast.FunctionalTests.Silence;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>How a client is lost.</summary>
public enum Loss
{
    Reset,
    Close,
}

/// <summary>The words the tests about re-attaching share.</summary>
internal static class LostTurn
{
    public const string Reattached = "holdfast-reattached";

    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(20);

    public static readonly TimeSpan Keep = TimeSpan.FromMinutes(2);

    /// <summary>A gateway with the product's own settings of the journal.</summary>
    public static Task<TestGateway> StartAsync(
        TimeProvider? time = null, Action<HoldfastOptions>? configure = null, string? home = null) =>
        TestGateway.StartAsync(options =>
        {
            options.Journal = new();
            configure?.Invoke(options);
        }, time, home: home);

    /// <summary>Begins a stream, reads so many events and loses the client; returns when the gateway knows.</summary>
    public static async Task BeginAndLoseAsync(
        this TestGateway gateway, string protocol, int events, Loss loss = Loss.Reset, string headers = "")
    {
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol, headers);
        if (events > 0)
        {
            await client.ReadHeadAsync();
            await client.ReadEventsAsync(Turns.TranscriptOf(protocol).Events.Take(events));
        }
        else
        {
            await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        }

        await client.LoseAsync(gateway, loss);
    }

    /// <summary>Loses the client; returns when the gateway knows.</summary>
    public static async Task LoseAsync(this RawHttpClient client, TestGateway gateway, Loss loss = Loss.Reset)
    {
        if (loss == Loss.Reset)
        {
            client.Reset();
        }
        else
        {
            client.Close();
        }

        await gateway.WhenClientsAreGoneAsync();
    }

    /// <summary>A client of its own sends the turn and reads the whole answer.</summary>
    public static async Task<TurnAnswer> AskAsync(
        this TestGateway gateway, string protocol, bool stream = true, string model = "test", params (string, string)[] headers)
    {
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, model, stream);
        var head = await client.RepeatAsync(path, body, headers);
        return new TurnAnswer(head, await client.ReadTextAsync(), client.End);
    }

    /// <summary>Sends a request with the head that <see cref="SilentStream.SendTurnAsync"/> gives it: only so is it the same.</summary>
    public static Task<RawAnswer> RepeatAsync(
        this RawHttpClient client, string path, string body, params (string, string)[] headers) =>
        client.RequestAsync("POST", path, body, [("Host", "localhost"), ("Content-Type", "application/json"), .. headers]);

    /// <summary>What an upstream that passes a gate before each event says.</summary>
    public static Answer Gated(string protocol, Gate gate) => Answer.Sse(Turns.TranscriptOf(protocol)).GateEvery(gate);
}
