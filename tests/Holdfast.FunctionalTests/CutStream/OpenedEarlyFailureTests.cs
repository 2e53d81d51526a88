using Holdfast.Recording.Records;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>An upstream that fails after the client's stream was opened early is told inside the stream, in the
/// protocol's form, with the upstream's own words where it had any.</summary>
public sealed class OpenedEarlyFailureTests
{
    private static readonly TimeSpan UpstreamDelay = TimeSpan.FromHours(1);

    public static TheoryData<string> Protocols => [.. SampleRequests.Protocols];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_connection_lost_after_early_opening_ends_in_one_terminal_error(string protocol)
    {
        var (events, record) = await RunAsync(protocol, Answer.Ok().ResetBeforeHeaders());

        var error = TerminalError.OfStream(protocol, WithoutCreated(protocol, events));
        Assert.Equal(("upstream_reset", "connection_error"), (error.Code, error.Type));
        Assert.Equal(("failed", "read ECONNRESET"), (record.End?.Word(), record.Error));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_that_ends_at_its_headers_after_early_opening_ends_in_one_terminal_error(string protocol)
    {
        var (events, record) = await RunAsync(protocol, Answer.Ok().CleanEndAfter(0));

        var error = TerminalError.OfStream(protocol, WithoutCreated(protocol, events));
        Assert.Equal(("stream_truncated", "connection_error"), (error.Code, error.Type));
        Assert.Equal(("failed", "socket hang up"), (record.End?.Word(), record.Error));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_html_page_after_early_opening_never_reaches_the_client(string protocol)
    {
        var (events, record) = await RunAsync(protocol, Answer.Html(502));

        var error = TerminalError.OfStream(protocol, WithoutCreated(protocol, events));
        Assert.Equal("upstream_html", error.Code);
        Assert.DoesNotContain("<html", string.Concat(events.Select(e => e.Raw)), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(ExchangeEnd.Failed, record.End);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Json_that_is_no_error_after_early_opening_ends_in_one_terminal_error(string protocol)
    {
        var (events, record) = await RunAsync(protocol, Answer.JsonForStream());

        Assert.Equal("json_for_stream", TerminalError.OfStream(protocol, WithoutCreated(protocol, events)).Code);
        Assert.Equal(ExchangeEnd.Failed, record.End);
    }

    [Theory]
    [InlineData("anthropic", "overloaded_error", "Overloaded")]
    [InlineData("openai-chat", "service_unavailable_error", "Our servers are currently overloaded. Please try again later.")]
    [InlineData("openai-responses", "server_is_overloaded", "Our servers are currently overloaded. Please try again later.")]
    [InlineData("gemini", "UNAVAILABLE", "The model is overloaded. Please try again later.")]
    public async Task The_upstreams_error_answer_after_early_opening_is_told_in_the_stream(
        string protocol, string type, string message)
    {
        var (events, record) = await RunAsync(protocol, Answer.Error(529));

        var tail = WithoutCreated(protocol, events);
        var error = protocol switch
        {
            "openai-responses" => Assert.Single(tail).Json.GetProperty("response").GetProperty("error"),
            _ => tail[0].Json.GetProperty("error"),
        };
        Assert.Equal(protocol == "openai-chat", tail is [_, { IsDone: true }]);
        Assert.Equal(protocol == "anthropic" ? "error" : protocol == "openai-responses" ? "response.failed" : "message",
            tail[0].Type);
        var typeName = protocol switch { "openai-responses" => "code", "gemini" => "status", _ => "type" };
        Assert.Equal(type, error.GetProperty(typeName).GetString());
        Assert.Equal(message, error.GetProperty("message").GetString());
        Assert.Equal(("upstream_error", 529), (record.End?.Word(), record.UpstreamStatus));
    }

    /// <summary>An error answer that is no JSON of the protocol still ends the stream in the protocol's form.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_error_answer_without_the_protocols_body_ends_in_one_terminal_error(string protocol)
    {
        foreach (var body in (string[])["", "error code: 1015", "{\"detail\":", "[1,2]", "{\n\"a\": 1\n}"])
        {
            var (events, record) = await RunAsync(protocol, Answer.Status(503, body));

            var error = TerminalError.OfStream(protocol, WithoutCreated(protocol, events));
            Assert.Equal("upstream_protocol", error.Code);
            Assert.Equal(("upstream_error", 503), (record.End?.Word(), record.UpstreamStatus));
        }
    }

    /// <summary>What comes well in the end is a whole answer, behind the keepalives.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_that_begins_after_early_opening_is_whole(string protocol)
    {
        var (events, record) = await RunAsync(protocol, Answer.Ok());

        Assert.True(events.Count > 2);
        Assert.Equal(("completed", true, true), (record.End?.Word(), record.OpenedEarly, record.TerminalSeen || protocol == "gemini"));
    }

    /// <summary>Runs one exchange: the upstream begins to answer only when the client has its early opening.</summary>
    private static async Task<(IReadOnlyList<SseEntry> Events, ExchangeRecord Record)> RunAsync(
        string protocol, Answer answer)
    {
        var upstreamTime = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options => options.Streaming.OpenEarlyAfter = TimeSpan.FromMilliseconds(20),
            simulator: new SimulatorOptions { OtherModels = "sim", TimeProvider = upstreamTime });
        gateway.Upstream.Always(answer.DelayHeaders(UpstreamDelay));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);
        await upstreamTime.WaitForTimerDueInAsync(UpstreamDelay);
        upstreamTime.Advance(UpstreamDelay);
        var got = SseTranscript.Parse(await client.ReadToEndAsync());

        Assert.Equal((200, "early", BodyEnd.CleanEnd), (head.Status, head.Header("holdfast-opened"), client.End));
        Assert.Equal(1, gateway.Upstream.RequestCount);
        var events = got.Events.SkipWhile(e => e.Type == "ping").ToList();
        return (events, await gateway.NextRecordAsync());
    }

    /// <summary>Responses needs a response that was created before one that failed; checks and takes it off.</summary>
    private static IReadOnlyList<SseEntry> WithoutCreated(string protocol, IReadOnlyList<SseEntry> events)
    {
        if (protocol != "openai-responses")
        {
            return events;
        }

        Assert.Equal(["response.created", "response.failed"], events.Select(e => e.Type));
        Assert.Equal([0, 1], events.Select(e => e.Json.GetProperty("sequence_number").GetInt32()));
        var ids = events.Select(e => e.Json.GetProperty("response").GetProperty("id").GetString()).ToList();
        Assert.Equal(ids[0], ids[1]);
        return [events[1]];
    }
}
