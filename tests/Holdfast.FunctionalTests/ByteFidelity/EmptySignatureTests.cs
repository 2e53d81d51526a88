using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>A signature of thinking that comes empty goes through as it is, and is counted and warned of.</summary>
public sealed class EmptySignatureTests
{
    private const string Start =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"content\":[]}}\n\n"
        + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
        + "\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n";

    private const string Stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    [Theory]
    [InlineData("\"\"", 1)]
    [InlineData(" \"\"", 1)]
    [InlineData("\"c2ln\"", null)]
    public async Task An_empty_signature_in_a_stream_is_counted_and_relayed(string signature, int? counted)
    {
        var stream = Start + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
            + $"\"delta\":{{\"type\":\"signature_delta\",\"signature\":{signature}}}}}\n\n" + Stop;

        await CheckAsync(Answer.Status(200, stream, "text/event-stream"), stream, counted, isStream: true);
    }

    [Theory]
    [InlineData("""{"model":"m","content":[{"type":"thinking","thinking":"t","signature":""},{"type":"thinking","signature": ""}]}""", 2)]
    [InlineData("""{"model":"m","content":[{"type":"thinking","thinking":"t","signature":"c2ln"}]}""", null)]
    public async Task An_empty_signature_in_a_whole_answer_is_counted_and_relayed(string answer, int? counted) =>
        await CheckAsync(Answer.Json(answer), answer, counted, isStream: false);

    private static async Task CheckAsync(Answer answer, string expected, int? counted, bool isStream)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(answer);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: isStream);

        await client.RequestAsync("POST", path, body);

        Assert.Equal(expected, await client.ReadTextAsync());
        Assert.Equal(counted, (await gateway.NextRecordAsync()).EmptySignatures);
        Assert.Equal(counted ?? 0, await gateway.MetricAsync("holdfast_empty_signatures_total"));
    }
}
