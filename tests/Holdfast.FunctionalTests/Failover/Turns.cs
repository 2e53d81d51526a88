using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Failover;

/// <summary>An answer as its client got it.</summary>
/// <param name="Head">Its head.</param>
/// <param name="Text">Its body.</param>
/// <param name="End">How the transfer ended.</param>
internal sealed record TurnAnswer(RawAnswer Head, string Text, BodyEnd End)
{
    public int Status => Head.Status;

    /// <summary>Who answered, as the header says.</summary>
    public string? Upstream => Head.Header("holdfast-upstream");

    public string? Header(string name) => Head.Header(name);
}

/// <summary>The words the tests about failover share.</summary>
internal static class Turns
{
    private const int Deltas = 7;

    /// <summary>Names of the four protocols, for theories.</summary>
    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    /// <summary>A healthy answer that no other answer of these tests resembles.</summary>
    public static Answer Healthy { get; } = Answer.Like($"sim-n{Deltas}");

    /// <summary>What a client gets of <see cref="Healthy"/>, to the byte.</summary>
    public static string HealthyText(string protocol, bool stream, string model = "test")
    {
        var shape = new TranscriptShape { Model = model, Deltas = SimulatorText.Deltas(Deltas, null) };
        return stream
            ? Transcript.Of(SimulatedProtocolOf(protocol), shape).Text
            : Transcript.WholeOf(SimulatedProtocolOf(protocol), shape);
    }

    /// <summary>What a healthy upstream of the protocol says, event by event.</summary>
    public static Transcript TranscriptOf(string protocol) =>
        Transcript.Of(SimulatedProtocolOf(protocol), new TranscriptShape { Model = "test" });

    /// <summary>How many events of it come before its first output.</summary>
    public static int HandshakeOf(string protocol) =>
        TranscriptOf(protocol).Events.TakeWhile(e => e.Role != EventRole.Delta).Count();

    /// <summary>Sends a turn of a new client and reads its whole answer.</summary>
    public static Task<TurnAnswer> AskAsync(
        this ChainGateway chain, string protocol = "anthropic", bool stream = true, string model = "test",
        params (string, string)[] headers)
    {
        var (path, body) = SampleRequests.Turn(protocol, model, stream);
        return chain.PostAsync(path, body, headers);
    }

    /// <summary>Sends any request of a new client and reads its whole answer.</summary>
    public static async Task<TurnAnswer> PostAsync(
        this ChainGateway chain, string path, string body, params (string, string)[] headers)
    {
        await using var client = await chain.ConnectAsync();
        var head = await client.RequestAsync("POST", path, body, headers);
        return new TurnAnswer(head, await client.ReadTextAsync(), client.End);
    }

    /// <summary>Sends a turn of a new client whose answer is of no interest.</summary>
    public static async Task<RawHttpClient> SendAsync(
        this ChainGateway chain, string protocol = "anthropic", bool stream = true, string model = "test", string headers = "")
    {
        var client = await chain.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, model, stream);
        await client.SendAsync(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        return client;
    }

    /// <summary>Reads an answer whose request was sent before.</summary>
    public static async Task<TurnAnswer> ReadAnswerAsync(this RawHttpClient client)
    {
        var head = await client.ReadHeadAsync();
        return new TurnAnswer(head, await client.ReadTextAsync(), client.End);
    }

    /// <summary>The simulator's name of a protocol.</summary>
    public static SimulatedProtocol SimulatedProtocolOf(string protocol) => protocol switch
    {
        "anthropic" => SimulatedProtocol.Anthropic,
        "openai-chat" => SimulatedProtocol.Chat,
        "openai-responses" => SimulatedProtocol.Responses,
        _ => SimulatedProtocol.Gemini,
    };
}
