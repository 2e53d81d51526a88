using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>Chat with the official OpenAI SDKs, on Node, Bun and .NET, through a gateway without
/// configuration.</summary>
public sealed class OpenAIChatSdkTests(OpenAIChatSdkTests.Run run) : IClassFixture<OpenAIChatSdkTests.Run>
{
    public static TheoryData<string> Runtimes => ["node", "bun", "dotnet"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_streamed_turn_arrives(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "chat-stream", "sim-think3");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "stop"), (turn.Text, turn.End));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_tool_call_arrives(string runtime)
    {
        var streamed = await run.ResultAsync(runtime, "chat-stream", "sim-tool");
        var whole = await run.ResultAsync(runtime, "chat-whole", "sim-tool");

        Assert.Equal(("read_file", """{"path":"README.md"}"""), (streamed.Tool, streamed.ToolInput));
        Assert.Equal("read_file", whole.Tool);
        Assert.Equal("tool_calls", streamed.End);
        Assert.Equal("tool_calls", whole.End);
    }

    /// <summary>Clients ask this when they start, and some end there if it fails.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Models_are_listed(string runtime)
    {
        var models = await run.ResultAsync(runtime, "models");

        Assert.Null(models.Error);
        Assert.Contains("sim", models.Events);
    }

    [Theory]
    [InlineData("node")]
    [InlineData("bun")]
    public async Task A_cut_stream_is_an_API_error_after_everything_that_came(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "chat-stream", "sim-n5-i50-rst3");

        Assert.Equal((Reading.Text(deltas: 3), null), (turn.Text, turn.End));
        Assert.Equal(("APIError", "connection_error"), (turn.Error!.Name, turn.Error.Type));
        Assert.Equal("Connection to upstream server lost", turn.Error.Message);
    }

    /// <summary>.NET's SDK looks for no error in the chunks of a stream; that no finish reason came is all it
    /// tells.</summary>
    [Theory]
    [InlineData("sim-n5-i50-rst3", 3)]
    [InlineData("sim-d3000-rst0", 0)]
    public async Task A_stream_that_fails_has_no_finish_reason_in_the_SDK_for_DotNet(string model, int deltas)
    {
        var turn = await run.ResultAsync("dotnet", "chat-stream", model);

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas), null), (turn.Text, turn.End));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Forty_seconds_of_silence_pass_and_the_stream_goes_on(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "chat-stream", "sim-stall2x40000");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "stop"), (turn.Text, turn.End));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_failure_before_headers_is_an_API_error_with_its_status(string runtime)
    {
        var streamed = await run.ResultAsync(runtime, "chat-stream", "sim-rst0");
        var whole = await run.ResultAsync(runtime, "chat-whole", "sim-rst0");

        foreach (var turn in new[] { streamed, whole })
        {
            Assert.Equal(502, turn.Error!.Status);
            Assert.Contains("Failed to connect to upstream server", turn.Error.Message);
        }
    }

    /// <summary>The status 200 is already with the client, so the SDK must find the error in the stream.</summary>
    [Theory]
    [InlineData("node")]
    [InlineData("bun")]
    public async Task A_failure_after_early_opening_is_an_API_error_of_the_stream(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "chat-stream", "sim-d3000-rst0");

        Assert.Equal(("APIError", "connection_error"), (turn.Error!.Name, turn.Error.Type));
        Assert.Equal("Failed to connect to upstream server", turn.Error.Message);
    }

    /// <summary>Interim answers come meanwhile where the runtime takes them, and must not disturb the SDK.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_whole_answer_that_takes_half_a_minute_arrives(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "chat-whole", "sim-d35000");

        Assert.Null(turn.Error);
        Assert.Equal(Reading.Text(deltas: 5), turn.Text);
    }

    public sealed class Run(Gateways gateways) : SdkRun(
        "openai.mjs", DotNetOpenAI.CallAsync,
        new("chat-stream", "sim-think3", gateways.Plain),
        new("chat-stream", "sim-tool", gateways.Plain),
        new("chat-whole", "sim-tool", gateways.Plain),
        new("models", "", gateways.Early),
        new("chat-stream", "sim-n5-i50-rst3", gateways.Plain),
        new("chat-stream", "sim-stall2x40000", gateways.PlainThroughRelay),
        new("chat-stream", "sim-rst0", gateways.Plain),
        new("chat-whole", "sim-rst0", gateways.Plain),
        new("chat-stream", "sim-d3000-rst0", gateways.Early),
        new("chat-whole", "sim-d35000", gateways.PlainThroughRelay));
}
