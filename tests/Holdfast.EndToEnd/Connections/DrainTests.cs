using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.EndToEnd.Connections;

/// <summary>A stop cuts nothing.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class DrainTests
{
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-chat")]
    public async Task After_SIGTERM_a_running_stream_finishes_and_the_process_ends_well(string protocol)
    {
        await using var gateway = await BuiltGateway.StartAsync();
        await using var running = await RawHttpClient.ConnectAsync(gateway.Address);
        var (path, body) = SampleRequests.Turn(protocol, "sim-i800");
        await running.RequestAsync("POST", path, body);
        var first = await running.ReadEventAsync();

        await gateway.Program.TerminateAsync();
        while ((await AskAsync(gateway, "GET", "/readyz")).Status != 503)
        {
            // The signal is on its way.
        }

        var refusal = await AskAsync(gateway, "POST", path, body);
        var rest = await running.ReadTextAsync();

        var stream = SseTranscript.Parse(first + rest);
        Assert.Equal(503, refusal.Status);
        Assert.Equal(("1", "close"), (refusal.Header("retry-after"), refusal.Header("connection")));
        Assert.Equal(Reading.Text(deltas: 5), Reading.TextOf(protocol, stream));
        Assert.True(Reading.EndsWell(protocol, stream));
        Assert.Equal(BodyEnd.CleanEnd, running.End);
        Assert.Equal(0, await gateway.Program.ExitAsync(TestTimeout.Deadline));
        Assert.Contains(gateway.Records, record => record.GetProperty("end").GetString() == "completed");
    }

    [Fact]
    public async Task A_second_SIGTERM_ends_a_running_stream_with_an_error_of_its_protocol()
    {
        await using var gateway = await BuiltGateway.StartAsync();
        await using var running = await RawHttpClient.ConnectAsync(gateway.Address);
        var (path, body) = SampleRequests.Turn("anthropic", "sim-stall1");
        await running.RequestAsync("POST", path, body);
        var first = await running.ReadEventAsync();

        await gateway.Program.TerminateAsync();
        await gateway.Program.ErrorLineAsync(new("[Dd]rain"));
        await gateway.Program.TerminateAsync();
        var rest = await running.ReadTextAsync();

        var stream = SseTranscript.Parse(first + rest);
        Assert.Equal("error", stream.EventTypes[^1]);
        Assert.Contains("gateway_stopped", stream.Events[^1].Data);
        Assert.Equal(BodyEnd.CleanEnd, running.End);
        Assert.Equal(0, await gateway.Program.ExitAsync(TestTimeout.Deadline));
    }

    private static async Task<RawAnswer> AskAsync(BuiltGateway gateway, string method, string path, string? body = null)
    {
        await using var client = await RawHttpClient.ConnectAsync(gateway.Address);
        return await client.RequestAsync(method, path, body);
    }
}
