using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Sdks;

/// <summary>The official Anthropic SDKs, on Node, Bun and .NET, through a gateway without
/// configuration.</summary>
public sealed class AnthropicSdkTests(AnthropicSdkTests.Run run) : IClassFixture<AnthropicSdkTests.Run>
{
    public static TheoryData<string> Runtimes => ["node", "bun", "dotnet"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_streamed_turn_arrives_with_thinking_and_signature(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "stream", "sim-think3");

        Assert.Null(turn.Error);
        Assert.Equal("The simulator pretends ", turn.Thinking);
        Assert.NotEmpty(turn.Signature!);
        Assert.Equal(Reading.Text(deltas: 5), turn.Text);
        Assert.Equal("end_turn", turn.End);
        Assert.Equal(("message_start", "message_stop"), (turn.Events[0], turn.Events[^1]));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_tool_call_arrives(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "stream", "sim-tool");

        Assert.Null(turn.Error);
        Assert.Equal(("read_file", """{"path":"README.md"}""", "tool_use"), (turn.Tool, turn.ToolInput, turn.End));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_whole_answer_arrives(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "whole", "sim-think3-tool");

        Assert.Null(turn.Error);
        Assert.Equal(("The simulator pretends ", Reading.Text(deltas: 5)), (turn.Thinking, turn.Text));
        Assert.Equal(("read_file", """{"path":"README.md"}""", "tool_use"), (turn.Tool, turn.ToolInput, turn.End));
    }

    /// <summary>Clients ask this when they start, and some end there if it fails.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Tokens_are_counted_and_models_are_listed(string runtime)
    {
        var count = await run.ResultAsync(runtime, "count", "sim");
        var models = await run.ResultAsync(runtime, "models");

        Assert.Null(count.Error);
        Assert.Equal("25", count.Text);
        Assert.Null(models.Error);
        Assert.Contains("sim", models.Events);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_cut_stream_is_an_API_error_after_everything_that_came(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "stream", "sim-n5-i50-rst3");

        Assert.Equal(Reading.Text(deltas: 3), turn.Text);
        Assert.Contains(turn.Error!.Name, (string[])["APIError", "AnthropicSseException"]);
        Assert.Contains("connection_error: stream_reset", turn.Error.Message);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Forty_seconds_of_silence_pass_and_the_stream_goes_on(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "stream", "sim-stall2x40000");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "end_turn"), (turn.Text, turn.End));
    }

    /// <summary>.NET's SDK waits 30 s for an answer to begin, and says so.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Silence_before_the_first_event_outlasts_no_SDKs_patience(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "stream", "sim-d35000");

        Assert.Null(turn.Error);
        Assert.Equal((Reading.Text(deltas: 5), "end_turn"), (turn.Text, turn.End));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_failure_before_headers_is_an_API_error_with_its_status(string runtime)
    {
        var streamed = await run.ResultAsync(runtime, "stream", "sim-rst0");
        var whole = await run.ResultAsync(runtime, "whole", "sim-rst0");

        foreach (var turn in new[] { streamed, whole })
        {
            Assert.Equal(502, turn.Error!.Status);
            Assert.Contains("connection_error: upstream_reset", turn.Error.Message);
        }
    }

    /// <summary>The status 200 is already with the client, so the SDK must find the error in the stream.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_failure_after_early_opening_is_an_API_error_of_the_stream(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "stream", "sim-d3000-rst0");

        Assert.Contains(turn.Error!.Name, (string[])["APIError", "AnthropicSseException"]);
        Assert.Contains("connection_error: upstream_reset", turn.Error.Message);
    }

    /// <summary>Interim answers come meanwhile where the runtime takes them, and must not disturb the SDK.</summary>
    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task A_whole_answer_that_takes_half_a_minute_arrives(string runtime)
    {
        var turn = await run.ResultAsync(runtime, "whole", "sim-d35000");

        Assert.Null(turn.Error);
        Assert.Equal(Reading.Text(deltas: 5), turn.Text);
    }

    public sealed class Run(Gateways gateways) : SdkRun(
        "anthropic.mjs", DotNetAnthropic.CallAsync,
        new("stream", "sim-think3", gateways.Plain),
        new("stream", "sim-tool", gateways.Plain),
        new("whole", "sim-think3-tool", gateways.Plain),
        new("count", "sim", gateways.Plain),
        new("models", "", gateways.Early),
        new("stream", "sim-n5-i50-rst3", gateways.Plain),
        new("stream", "sim-stall2x40000", gateways.PlainThroughRelay),
        new("stream", "sim-d35000", gateways.Plain),
        new("stream", "sim-rst0", gateways.Plain),
        new("whole", "sim-rst0", gateways.Plain),
        new("stream", "sim-d3000-rst0", gateways.Early),
        new("whole", "sim-d35000", gateways.PlainThroughRelay));
}
