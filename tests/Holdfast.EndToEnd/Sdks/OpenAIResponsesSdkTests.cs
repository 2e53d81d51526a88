using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>Responses with the official OpenAI SDKs, on Node, Bun and .NET, through a gateway without
/// configuration. The npm SDK is driven through <c>responses.stream()</c>, whose accumulator throws on events it does
/// not expect.</summary>
public sealed class OpenAIResponsesSdkTests(OpenAIResponsesSdkTests.Run run)
    : IClassFixture<OpenAIResponsesSdkTests.Run>
{
    public static TheoryData<string> Runtimes => ["node", "bun", "dotnet"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_streamed_turn_arrives_with_reasoning(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "responses-stream", "sim-think3");

        Assert.Null(turn.Error);
        Assert.Equal(("The simulator pretends ", Reading.Text(deltas: 5)), (turn.Thinking, turn.Text));
        Assert.NotEmpty(turn.Signature!);
        Assert.Equal("completed", turn.End);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_tool_call_arrives(string runtime)
    {
        var streamed = await run.ResultAsync(runtime, "responses-stream", "sim-tool");
        var whole = await run.ResultAsync(runtime, "responses-whole", "sim-think3-tool");

        Assert.Equal(("read_file", """{"path":"README.md"}"""), (streamed.Tool, streamed.ToolInput));
        Assert.Equal(("read_file", """{"path":"README.md"}"""), (whole.Tool, whole.ToolInput));
        Assert.Equal(("The simulator pretends ", Reading.Text(deltas: 5)), (whole.Thinking, whole.Text));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_cut_stream_is_a_failed_response_after_everything_that_came(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "responses-stream", "sim-n5-i50-rst3");

        Assert.Equal((Reading.Text(deltas: 3), "failed"), (turn.Text, turn.End));
        Assert.Equal(("response.failed", "server_error"), (turn.Error!.Name, turn.Error.Type));
        Assert.Contains("Connection to upstream server lost", turn.Error.Message);
    }

    /// <summary>Keepalive events that repeat the last sequence number disturb no accumulator.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Forty_seconds_of_silence_pass_and_the_stream_goes_on(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "responses-stream", "sim-stall2x40000");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "completed"), (turn.Text, turn.End));
    }

    /// <summary>Keepalives before <c>response.created</c> disturb no accumulator either.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Silence_before_the_first_event_passes_as_well(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "responses-stream", "sim-d35000");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "completed"), (turn.Text, turn.End));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_failure_before_headers_is_an_API_error_with_its_status(string runtime)
    {
        var streamed = await run.ResultAsync(runtime, "responses-stream", "sim-rst0");
        var whole = await run.ResultAsync(runtime, "responses-whole", "sim-rst0");

        foreach (var turn in new[] { streamed, whole })
        {
            Assert.Equal(502, turn.Error!.Status);
            Assert.Contains("Failed to connect to upstream server", turn.Error.Message);
        }
    }

    /// <summary>The status 200 is already with the client, so the SDK must find the error in the stream.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_failure_after_early_opening_is_a_failed_response(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "responses-stream", "sim-d3000-rst0");

        Assert.Equal(("", "failed"), (turn.Text, turn.End));
        Assert.Equal("response.failed", turn.Error!.Name);
        Assert.Contains("Failed to connect to upstream server", turn.Error.Message);
    }

    /// <summary>Interim answers come meanwhile where the runtime takes them, and must not disturb the SDK.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_whole_answer_that_takes_half_a_minute_arrives(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "responses-whole", "sim-d35000");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "completed"), (turn.Text, turn.End));
    }

    public sealed class Run(Gateways gateways) : SdkRun(
        "openai.mjs", DotNetOpenAI.CallAsync,
        new("responses-stream", "sim-think3", gateways.Plain),
        new("responses-stream", "sim-tool", gateways.Plain),
        new("responses-whole", "sim-think3-tool", gateways.Plain),
        new("responses-stream", "sim-n5-i50-rst3", gateways.Plain),
        new("responses-stream", "sim-stall2x40000", gateways.PlainThroughRelay),
        new("responses-stream", "sim-d35000", gateways.EarlyThroughRelay),
        new("responses-stream", "sim-rst0", gateways.Plain),
        new("responses-whole", "sim-rst0", gateways.Plain),
        new("responses-stream", "sim-d3000-rst0", gateways.Early),
        new("responses-whole", "sim-d35000", gateways.PlainThroughRelay));
}
