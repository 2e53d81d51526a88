using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Simulator;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>What goes wrong after a stream was opened early is told inside it, in the protocol's own words.</summary>
public sealed class FailingAfterOpeningTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(35);

    public static TheoryData<string> Protocols => SilentStream.Protocols;

    public static TheoryData<string, int> ProtocolsAndStatuses
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var protocol in SampleRequests.Protocols)
            {
                foreach (var status in (ReadOnlySpan<int>)[400, 401, 429, 500, 503, 529])
                {
                    data.Add(protocol, status);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ProtocolsAndStatuses))]
    public async Task The_upstreams_error_answer_is_told_verbatim_inside_the_stream(string protocol, int status)
    {
        var upstreamsOwn = await DirectAsync(protocol, Answer.Error(status));

        var (stream, record) = await OpenedAsync(protocol, Answer.Error(status));

        var own = JsonDocument.Parse(upstreamsOwn).RootElement;
        AssertError(protocol, stream, error => Assert.Equal(own.ToString(), error.ToString()), failed =>
        {
            Assert.Equal(own.GetProperty("error").GetProperty("message").GetString(), failed.GetProperty("message").GetString());
            Assert.NotEqual("", failed.GetProperty("code").GetString());
        });
        Assert.Equal(("upstream_error", "upstream", 200, status), (record.End?.Word(), record.EndSide?.Word(), record.Status, record.UpstreamStatus));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_HTML_page_is_told_as_our_error_with_its_title_only(string protocol)
    {
        var (stream, record) = await OpenedAsync(protocol, Answer.Html(502));

        AssertOurs(protocol, stream, "upstream_html", "502 Bad Gateway");
        Assert.DoesNotContain("cloudflare", string.Concat(stream.Entries.Select(entry => entry.Raw)), StringComparison.Ordinal);
        Assert.Equal("upstream_html", record.ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_JSON_answer_to_the_streaming_request_is_told_as_our_error(string protocol)
    {
        var (stream, record) = await OpenedAsync(protocol, Answer.Json(Transcript.WholeOf(
            SilentStream.SimulatedProtocolOf(protocol), new TranscriptShape())));

        AssertOurs(protocol, stream, "json_for_stream", "");
        Assert.Equal("json_for_stream", record.ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_error_status_without_a_body_is_told_as_our_error(string protocol)
    {
        var (stream, record) = await OpenedAsync(protocol, Answer.Status(503, ""));

        AssertOurs(protocol, stream, "upstream_protocol", "503");
        Assert.Equal(("upstream_error", 503), (record.End?.Word(), record.UpstreamStatus));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_connection_that_dies_before_its_headers_is_told_as_our_error(string protocol)
    {
        var (reset, resetRecord) = await OpenedAsync(protocol, Answer.Ok().ResetBeforeHeaders());
        var (hungUp, hungUpRecord) = await OpenedAsync(protocol, Answer.Ok().FinBeforeHeaders());

        AssertOurs(protocol, reset, "upstream_reset", "Failed to connect to upstream server");
        AssertOurs(protocol, hungUp, "upstream_hangup", "Failed to connect to upstream server");
        Assert.Equal(("read ECONNRESET", true), (resetRecord.Error, resetRecord.IsSse));
        Assert.Equal(("socket hang up", true), (hungUpRecord.Error, hungUpRecord.IsSse));
    }

    /// <summary>An upstream that never answers is told inside the open stream too.</summary>
    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_upstream_that_never_answers_is_told_after_the_first_byte_limit(string protocol)
    {
        var (stream, record) = await OpenedAsync(protocol, Answer.Ok().DelayHeaders(TimeSpan.FromHours(1)), until: TimeSpan.FromMinutes(5));

        AssertOurs(protocol, stream, "first_byte_timeout", "timeouts.firstByte");
        Assert.Equal(("read ETIMEDOUT", "first_byte_timeout"), (record.Error, record.ErrorCode));
    }

    private static void AssertOurs(string protocol, SseTranscript stream, string code, string words)
    {
        AssertError(protocol, stream, whole => Check(whole.GetProperty("error")), Check);

        void Check(JsonElement error)
        {
            Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal(code, error.GetProperty("holdfast").GetProperty("code").GetString());
        }
    }

    /// <summary>What the client gets of an answer that comes, or fails, after the stream was opened early.</summary>
    private static async Task<(SseTranscript Stream, ExchangeRecord Record)> OpenedAsync(
        string protocol, Answer answer, TimeSpan? until = null)
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(
            options =>
            {
                SilentStream.Clocks(options);
                options.Streaming.KeepAliveAfter = TimeSpan.FromMinutes(30);
            },
            time, new SimulatorOptions { OtherModels = "sim", TimeProvider = time });
        gateway.Upstream.Script(until is null ? answer.DelayHeaders(Delay) : answer);
        await using var client = await gateway.ConnectAsync();
        await client.SendTurnAsync(protocol);
        await time.WaitForTimerDueInAsync(SilentStream.OpenEarly);
        await gateway.Upstream.NextRequestAsync().WithinTestTimeout();
        if (until is null)
        {
            await time.WaitForTimerDueInAsync(Delay);
        }

        time.Advance(SilentStream.OpenEarly);
        Assert.Equal("early", (await client.ReadHeadAsync()).Header("holdfast-opened"));
        await client.ReadEventAsync();
        await time.WaitForTimerDueInAsync(TimeSpan.FromMinutes(30));
        time.Advance((until ?? Delay) - time.Elapsed);

        var stream = SseTranscript.Parse(await client.ReadToEndAsync());
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        return (stream, await gateway.NextRecordAsync());
    }

    private static async Task<string> DirectAsync(string protocol, Answer answer)
    {
        await using var upstream = SimulatedUpstream.Start();
        upstream.Script(answer);
        await using var client = await RawHttpClient.ConnectAsync(upstream.BaseUrl);
        await client.BeginTurnAsync(protocol);
        return await client.ReadTextAsync();
    }

    private static void AssertError(
        string protocol, SseTranscript stream, Action<JsonElement> whole, Action<JsonElement> failed)
    {
        var events = stream.Events.Where(e => e.Type != "ping").ToList();
        switch (protocol)
        {
            case "anthropic":
                Assert.Equal(["error"], events.Select(e => e.Type));
                whole(events[0].Json);
                break;
            case "openai-chat":
                Assert.Equal(2, events.Count);
                whole(events[0].Json);
                Assert.True(events[1].IsDone);
                break;
            case "openai-responses":
                Assert.Equal(["response.created", "response.failed"], events.Select(e => e.Type));
                Assert.Equal([0, 1], events.Select(e => e.Json.GetProperty("sequence_number").GetInt32()));
                Assert.Equal("failed", events[1].Json.GetProperty("response").GetProperty("status").GetString());
                failed(events[1].Json.GetProperty("response").GetProperty("error"));
                break;
            default:
                whole(Assert.Single(events).Json);
                break;
        }
    }
}
