using System.Text.Json.Nodes;
using Holdfast.FunctionalTests.Failover;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Reattach;

/// <summary>A stream whose client was lost is handed out as one answer too, and never as a stream of another form.</summary>
public sealed class AssembledAnswerTests
{
    private const string Sse = "?alt=sse";
    private const string Usage = ",\"stream_options\":{\"include_usage\":true}";

    /// <summary>Protocol, what its path ends with, what its body says of the stream alone.</summary>
    public static TheoryData<string, string, string> Streams => new()
    {
        { "anthropic", "", "" },
        { "openai-chat", "", "" },
        { "openai-chat", "", Usage },
        { "openai-responses", "", "" },
        { "openai-responses", "", ",\"stream_options\":{\"include_obfuscation\":false}" },
        { "gemini", Sse, "" },
        { "gemini", "", "" },
    };

    /// <summary>Claude Code's fallback: the same turn without streaming, and with fewer tokens.</summary>
    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_lost_stream_that_is_asked_for_as_one_answer_is_put_together(string protocol, string query, string options)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = await BeginAndLoseAsync(gateway, protocol, query, options);

        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, stream: false);
        body = body.Replace("\"max_tokens\":64", "\"max_tokens\":32", StringComparison.Ordinal);
        await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        await gateway.WaitForOpenExchangesAsync(2);
        gate.Open();
        var head = await client.ReadHeadAsync();
        var answer = JsonNode.Parse(await client.ReadTextAsync());

        Assert.Equal((200, "1", "assembled", 1),
            (head.Status, head.Header(LostTurn.Reattached), head.Header("holdfast-fidelity"), gateway.Upstream.RequestCount));
        var whole = JsonNode.Parse((await gateway.AskAsync(protocol, stream: false)).Text)!.AsObject();
        if (protocol == "openai-chat" && options != Usage)
        {
            // The stream was not asked to say it.
            whole.Remove("usage");
        }

        Assert.True(JsonNode.DeepEquals(whole, answer), $"{whole.ToJsonString()}\nis not\n{answer?.ToJsonString()}");
    }

    [Theory]
    [InlineData("openai-chat", "", "", "", Usage)]
    [InlineData("openai-chat", "", Usage, "", "")]
    [InlineData("gemini", Sse, "", "", "")]
    [InlineData("gemini", "", "", Sse, "")]
    public async Task A_stream_of_another_form_is_asked_anew(
        string protocol, string query, string options, string otherQuery, string otherOptions)
    {
        await using var gateway = await LostTurn.StartAsync();
        var gate = await BeginAndLoseAsync(gateway, protocol, query, options);
        gate.Open();

        await using var other = await gateway.ConnectAsync();
        var (path, body) = StreamOf(protocol, otherQuery, otherOptions);
        var head = await other.RepeatAsync(path, body);
        await other.ReadToEndAsync();
        await using var same = await gateway.ConnectAsync();
        (path, body) = StreamOf(protocol, query, options);
        var again = await same.RepeatAsync(path, body);

        Assert.Equal((null, "1", 2),
            (head.Header(LostTurn.Reattached), again.Header(LostTurn.Reattached), gateway.Upstream.RequestCount));
    }

    private static async Task<Gate> BeginAndLoseAsync(TestGateway gateway, string protocol, string query, string options)
    {
        var gate = new Gate();
        var shape = new TranscriptShape
        {
            Model = "test", IncludeUsage = options == Usage, JsonArray = protocol == "gemini" && query != Sse,
        };
        gateway.Upstream.Script(
            Answer.Sse(Transcript.Of(Turns.SimulatedProtocolOf(protocol), shape)).GateEvery(gate), Answer.Ok(), Answer.Ok());
        gate.Release(3);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = StreamOf(protocol, query, options);
        await client.RepeatAsync(path, body);
        await client.ReadPieceAsync();
        await client.LoseAsync(gateway);
        return gate;
    }

    private static (string Path, string Body) StreamOf(string protocol, string query, string options)
    {
        var (path, body) = SampleRequests.Turn(protocol);
        return (path.Replace(Sse, query, StringComparison.Ordinal),
            body.Replace("\"stream\":true", $"\"stream\":true{options}", StringComparison.Ordinal));
    }
}
