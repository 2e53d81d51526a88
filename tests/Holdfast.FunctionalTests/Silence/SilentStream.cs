using Holdfast.Configuration;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>The words the tests about silence share: what each protocol's upstream says, and how time passes.</summary>
internal static class SilentStream
{
    /// <summary>No other timer of the gateway is ever due in exactly this time: who waits for it waits for the keepalive.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(7.3);

    /// <summary>No other timer of the gateway is ever due in exactly this time: who waits for it waits for the early opening.</summary>
    public static readonly TimeSpan OpenEarly = TimeSpan.FromSeconds(31.7);

    /// <summary>No other timer of the gateway is ever due in exactly this time: who waits for it waits for the giving up.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(61.9);

    /// <summary>The smallest step of the clock.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromTicks(1);

    /// <summary>Names of the four protocols, for theories.</summary>
    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    /// <summary>Sets keepalive, opening and stall to the times above.</summary>
    public static void Clocks(HoldfastOptions options)
    {
        options.Streaming.KeepAliveAfter = KeepAlive;
        options.Streaming.OpenEarlyAfter = OpenEarly;
        options.Streaming.StallAfter = Stall;
    }

    /// <summary>What a healthy upstream of the protocol says, event by event.</summary>
    public static Transcript TranscriptOf(string protocol, TranscriptShape? shape = null) =>
        Transcript.Of(SimulatedProtocolOf(protocol), shape ?? new TranscriptShape());

    /// <summary>The simulator's name of a protocol.</summary>
    public static SimulatedProtocol SimulatedProtocolOf(string protocol) => protocol switch
    {
        "anthropic" => SimulatedProtocol.Anthropic,
        "openai-chat" => SimulatedProtocol.Chat,
        "openai-responses" => SimulatedProtocol.Responses,
        _ => SimulatedProtocol.Gemini,
    };

    /// <summary>One event's text.</summary>
    public static string TextOf(this TranscriptEvent e) => System.Text.Encoding.UTF8.GetString(e.Bytes.Span);

    /// <summary>Lets the keepalive's time pass, and no more, and reads what the client gets.</summary>
    public static async Task<string?> AfterSilenceAsync(this ManualTime time, RawHttpClient client)
    {
        await time.WaitForTimerDueInAsync(KeepAlive);
        time.Advance(KeepAlive);
        return await client.ReadEventAsync();
    }

    /// <summary>The keepalive of a protocol, once its stream has begun.</summary>
    /// <param name="protocol">Its name.</param>
    /// <param name="lastSequence">The last sequence number sent (Responses), which a keepalive repeats.</param>
    public static string KeepaliveOf(string protocol, int lastSequence) => protocol switch
    {
        "anthropic" => "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "openai-chat" => ": keepalive\n\n",
        "openai-responses" =>
            $"event: keepalive\ndata: {{\"type\":\"keepalive\",\"sequence_number\":{lastSequence}}}\n\n",
        _ => "\n",
    };

    /// <summary>Sends a streaming turn without waiting for its answer.</summary>
    public static Task SendTurnAsync(this RawHttpClient client, string protocol, string headers = "", string model = "test")
    {
        var (path, body) = SampleRequests.Turn(protocol, model);
        return client.SendAsync(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <summary>Sends a streaming turn and reads the answer's head.</summary>
    public static async Task<RawAnswer> BeginTurnAsync(this RawHttpClient client, string protocol, string headers = "")
    {
        await client.SendTurnAsync(protocol, headers);
        return await client.ReadHeadAsync();
    }

    /// <summary>Reads this many events and asserts that they are what the upstream wrote.</summary>
    public static async Task ReadEventsAsync(this RawHttpClient client, IEnumerable<TranscriptEvent> events)
    {
        foreach (var e in events)
        {
            Assert.Equal(e.TextOf(), await client.ReadEventAsync());
        }
    }
}
