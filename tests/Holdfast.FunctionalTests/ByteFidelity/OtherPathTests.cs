using Holdfast.Recording.Records;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Any other path below <c>/v1</c> and <c>/v1beta</c> passes through with whatever it carries: files, batches,
/// models, streams of unknown events.</summary>
public sealed class OtherPathTests
{
    private static readonly byte[] Binary = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))];

    [Theory]
    [InlineData("POST", "/v1/files")]
    [InlineData("PUT", "/v1/uploads/u1/parts/2")]
    [InlineData("PATCH", "/v1/skills/s1")]
    [InlineData("POST", "/v1/audio/speech")]
    [InlineData("POST", "/v1beta/files")]
    [InlineData("DELETE", "/v1/files/f1")]
    public async Task Binary_bodies_flow_through_both_ways(string method, string path)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(LiteralAnswer.Of(200, Binary, "content-type: application/octet-stream"));
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync(method, path, Binary, ("content-type", "multipart/form-data; boundary=x"));
        var got = await client.ReadToEndAsync();

        Assert.Equal((200, "application/octet-stream"), (head.Status, head.Header("content-type")));
        Assert.True(got.AsSpan().SequenceEqual(Binary));
        var request = gateway.Upstream.Requests[0];
        Assert.Equal((method, path), (request.Method, request.Target));
        Assert.True(request.Body.Span.SequenceEqual(Binary));
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    [Fact]
    public async Task A_file_of_twenty_megabytes_flows_down()
    {
        await using var gateway = await TestGateway.StartAsync();
        byte[] file = [.. Enumerable.Repeat(Binary, 67).SelectMany(part => part)];
        gateway.Upstream.Always(LiteralAnswer.Of(200, file, "content-type: text/html"));
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", "/v1/files/f1/content");
        var got = await client.ReadToEndAsync();

        Assert.Equal(file.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), head.Header("content-length"));
        Assert.True(got.AsSpan().SequenceEqual(file));
    }

    [Theory]
    [InlineData("\uFEFFdata:no space\n\nevent: alone\n\ndata:\n\n: comment\n\n{\"not\":\"sse\"}\n\ndata: [DONE] \n\n")]
    [InlineData("data: it just ends")]
    [InlineData("\r\r\n\n")]
    [InlineData("")]
    public async Task A_stream_of_unknown_events_is_relayed_as_it_comes(string wanted)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Of("openai-chat"), wanted));
        await using var client = await gateway.ConnectAsync();

        var head = await client.RequestAsync("GET", "/v1/fine_tuning/events?stream=true", (byte[]?)null, ("accept", "text/event-stream"));
        var got = await client.ReadToEndAsync();

        Assert.Equal((200, "text/event-stream; charset=utf-8"), (head.Status, head.Header("content-type")));
        Assert.Equal(wanted, Encoding.UTF8.GetString(got));
        Assert.Equal("exact", head.Header("holdfast-fidelity"));
        Assert.Equal(("completed", BodyEnd.CleanEnd), ((await gateway.NextRecordAsync()).End?.Word(), client.End));
    }

    [Fact]
    public async Task A_compression_the_client_asked_for_stays_on_a_stream_of_unknown_events()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var direct = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Text("openai-chat")).Gzip());
        await using var client = await gateway.ConnectAsync();

        await direct.RequestAsync("POST", "/v1/unknown/things");
        var wanted = await direct.ReadToEndAsync();
        var head = await client.RequestAsync("POST", "/v1/unknown/things", (byte[]?)null, ("accept-encoding", "gzip"));
        var got = await client.ReadToEndAsync();

        Assert.Equal("gzip", head.Header("content-encoding"));
        Assert.Equal(wanted, got);
    }

    [Fact]
    public async Task A_stored_response_that_is_streamed_again_counts_as_the_protocols_own_stream()
    {
        await using var gateway = await TestGateway.StartAsync();
        var wanted = SampleStreams.Text("openai-responses").Text;
        gateway.Upstream.Always(Answer.Sse(SampleStreams.Of("openai-responses"), wanted).WithoutEventLines());
        await using var client = await gateway.ConnectAsync();

        await client.RequestAsync("GET", "/v1/responses/resp_1?stream=true&starting_after=0");

        Assert.Equal(wanted, await client.ReadTextAsync());
        Assert.Equal(["identity"], gateway.Upstream.Requests[0].HeaderValues("accept-encoding"));
    }
}
