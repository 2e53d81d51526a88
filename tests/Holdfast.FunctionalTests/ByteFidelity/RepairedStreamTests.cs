using Holdfast.Recording.Records;
using Holdfast.Wire;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>What clients cannot take never reaches them: each such event is repaired,
/// every other byte stays, and the answer and its record say so.</summary>
public sealed class RepairedStreamTests
{
    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-responses")]
    public Task Missing_event_lines_are_put_back(string protocol) =>
        AssertCleanAsync(protocol, answer => answer.WithoutEventLines());

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task The_space_behind_data_is_put_back(string protocol) =>
        AssertCleanAsync(protocol, answer => answer.WithoutDataSpace());

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_byte_order_mark_is_taken_off(string protocol) =>
        AssertCleanAsync(protocol, answer => answer.WithBom());

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task A_byte_order_mark_in_three_pieces_is_taken_off(string protocol) =>
        AssertCleanAsync(protocol, answer => answer.WithBom().Split(1));

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task An_empty_data_line_is_left_out(string protocol) =>
        AssertCleanAsync(protocol, answer => answer.WithEmptyDataLine(0));

    [Fact]
    public Task The_blank_behind_done_is_taken_off() =>
        AssertCleanAsync("openai-chat", answer => answer.WithDoneBlank(), isKnownAtHead: false);

    [Theory]
    [MemberData(nameof(Protocols))]
    public Task Everything_at_once_is_repaired(string protocol) => AssertCleanAsync(protocol,
        answer =>
        {
            var dirty = answer.WithBom().WithoutDataSpace().WithDoneBlank().WithEmptyDataLine(2).Split(3);
            return protocol is "anthropic" or "openai-responses" ? dirty.WithoutEventLines() : dirty;
        });

    [Theory]
    [InlineData("anthropic", "event: ping\n\n", "")]
    [InlineData("anthropic", "event: ping\ndata:\n\n", "")]
    [InlineData("anthropic", "data: \n\n", "")]
    [InlineData("openai-chat", "data:\n\n", "")]
    [InlineData("openai-chat", "event: x\n\n", "")]
    [InlineData("openai-responses", "event: keepalive\n\n", "")]
    [InlineData("gemini", ": a comment\n\n", "\n")]
    [InlineData("gemini", "data:{\"x\":1}\n\n", "data: {\"x\":1}\n\n")]
    [InlineData("anthropic", "data:{\"type\":\"ping\"}\n\n", "event: ping\ndata: {\"type\":\"ping\"}\n\n")]
    [InlineData("anthropic", "id: 7\ndata: {\"type\":\"ping\"}\n\n", "event: ping\nid: 7\ndata: {\"type\":\"ping\"}\n\n")]
    public async Task One_bad_event_is_repaired_and_every_other_byte_stays(string protocol, string bad, string repaired)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var wanted = SampleStreams.With(protocol, "\u0001").Replace("\n", "\r\n", StringComparison.Ordinal);
        var sent = wanted.Replace("\u0001", bad, StringComparison.Ordinal);
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Of(protocol), sent));
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);
        var got = await client.ReadTextAsync();

        Assert.Equal(200, head.Status);
        Assert.Equal(wanted.Replace("\u0001", repaired, StringComparison.Ordinal), got);
        Assert.Equal(Fidelity.Repaired, (await gateway.NextRecordAsync()).Fidelity);
    }

    [Theory]
    [InlineData("anthropic", "\n")]
    [InlineData("anthropic", "\n\n")]
    [InlineData("gemini", ": hello\n\n")]
    [InlineData("openai-chat", ": hello\n\n")]
    public async Task A_byte_order_mark_before_something_that_is_no_event_is_taken_off(string protocol, string first)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Of(protocol), first + SampleStreams.Text(protocol).Text).WithBom());
        var (path, body) = SampleRequests.Turn(protocol);

        await client.RequestAsync("POST", path, body);
        var got = await client.ReadToEndAsync();

        Assert.Equal(
            SampleStreams.Text(protocol).Text,
            Encoding.UTF8.GetString(got).Replace(": hello\n\n", "", StringComparison.Ordinal).TrimStart('\n'));
        Assert.Equal(Fidelity.Repaired, (await gateway.NextRecordAsync()).Fidelity);
    }

    [Theory]
    [InlineData("application/json", 1)]
    [InlineData("application/json", 0)]
    [InlineData("text/plain; charset=utf-8", 2)]
    [InlineData("application/octet-stream", 1)]
    [InlineData(null, 1)]
    public async Task A_stream_under_a_wrong_content_type_is_still_a_stream(string? contentType, int size)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        foreach (var protocol in SampleRequests.Protocols)
        {
            var wanted = SampleStreams.Text(protocol);
            var answer = Answer.Sse(wanted);
            gateway.Upstream.Always(contentType is null
                ? LiteralAnswer.Of(200, wanted.Bytes.ToArray())
                : (size == 0 ? answer : answer.Split(size)).Header("content-type", contentType));
            var (path, body) = SampleRequests.Turn(protocol);

            var head = await client.RequestAsync("POST", path, body);
            var got = await client.ReadToEndAsync();

            Assert.Equal((protocol, 200), (protocol, head.Status));
            Assert.Equal(wanted.Text, Encoding.UTF8.GetString(got));
            var record = await gateway.NextRecordAsync();
            Assert.True(record.IsSse, protocol);
            Assert.Equal((protocol, "completed"), (protocol, record.End?.Word()));
        }
    }

    [Fact]
    public async Task A_repaired_answer_is_counted()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        gateway.Upstream.Always(Answer.Ok().WithBom());
        var (path, body) = SampleRequests.Turn("anthropic");

        await client.RequestAsync("POST", path, body);
        await client.ReadToEndAsync();
        await gateway.NextRecordAsync();

        Assert.Equal(1, await gateway.MetricAsync("holdfast_repairs_total", "anthropic"));
    }

    private static async Task AssertCleanAsync(string protocol, Func<Answer, Answer> soil, bool isKnownAtHead = true)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var clean = SampleStreams.Text(protocol);
        gateway.Upstream.Always(soil(Answer.Sse(clean)));
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);
        var got = await client.ReadToEndAsync();

        Assert.Equal(clean.Text, Encoding.UTF8.GetString(got));
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(isKnownAtHead ? "repaired" : "exact", head.Header("holdfast-fidelity"));
        var record = await gateway.NextRecordAsync();
        Assert.Equal(("repaired", "completed"), (record.Fidelity?.Word(), record.End?.Word()));
    }
}
