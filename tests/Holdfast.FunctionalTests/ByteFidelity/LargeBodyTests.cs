using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>Bodies up to the limit pass, also those that wait for <c>100 Continue</c>; one byte more is refused in the
/// protocol's shape and no socket is cut for it.</summary>
public sealed class LargeBodyTests
{
    private const int Limit = 64 * 1024 * 1024;

    [Theory]
    [InlineData(32 * 1024 * 1024)]
    [InlineData(Limit)]
    public async Task A_body_up_to_the_limit_arrives_byte_for_byte(int length)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Json("{}"));
        await using var client = await gateway.ConnectAsync();
        var body = BodyOf(length);

        var head = await client.RequestAsync("POST", "/v1/messages", body);

        Assert.Equal(200, head.Status);
        Assert.True(gateway.Upstream.Requests[0].Body.Span.SequenceEqual(body));
        Assert.Equal(length, (await gateway.NextRecordAsync()).RequestBytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_one_byte_too_long_is_refused_and_the_client_may_upload_it_to_the_end(bool isChunked)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var body = BodyOf(Limit + 1);

        await client.SendAsync(Head(gateway, isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}"));
        await client.SendAsync(isChunked ? [.. Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), .. body] : body);
        var head = await client.ReadHeadAsync();
        var answer = await client.ReadTextAsync();

        Assert.Equal(413, head.Status);
        Assert.Equal("body_too_large", head.Header("holdfast-error"));
        Assert.Contains("\"type\":\"request_too_large\"", answer, StringComparison.Ordinal);
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        Assert.Equal(0, gateway.Upstream.RequestCount);
        Assert.Equal("body_too_large", (await gateway.NextRecordAsync()).ErrorCode);
    }

    [Fact]
    public async Task An_endless_chunked_body_is_refused_at_the_limit_while_it_is_still_being_sent()
    {
        await using var gateway = await TestGateway.StartAsync(options => options.Limits.RequestBody = 1024 * 1024);
        await using var client = await gateway.ConnectAsync();
        using var enough = new CancellationTokenSource();

        await client.SendAsync(Head(gateway, "Transfer-Encoding: chunked"));
        var upload = UploadAsync(client, enough.Token);
        var head = await client.ReadHeadAsync();
        await enough.CancelAsync();
        await upload;

        Assert.Equal(413, head.Status);
        Assert.Equal("body_too_large", head.Header("holdfast-error"));
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Fact]
    public async Task A_client_that_asks_whether_to_send_its_body_is_told_to()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (_, body) = SampleRequests.Turn("anthropic", stream: false);

        await client.SendAsync(Head(gateway, $"Content-Length: {body.Length}\r\nExpect: 100-continue"));
        var interim = await client.ReadInterimAsync();
        await client.SendAsync(body);
        var head = await client.ReadHeadAsync();

        Assert.Equal(100, interim.Status);
        Assert.Equal(200, head.Status);
        Assert.Empty(head.Interim);
        Assert.Equal(body, gateway.Upstream.Requests[0].BodyText);
        Assert.Null(gateway.Upstream.Requests[0].Header("expect"));
    }

    [Fact]
    public async Task A_client_that_asks_about_a_body_that_is_too_long_is_spared_the_upload()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.SendAsync(Head(gateway, $"Content-Length: {Limit + 1}\r\nExpect: 100-continue"));
        var head = await client.ReadHeadAsync();

        Assert.Equal(413, head.Status);
        Assert.Empty(head.Interim);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")]
    public async Task An_interim_answer_nobody_asked_for_never_reaches_the_client(string interim)
    {
        await using var gateway = await TestGateway.StartAsync();
        const string Answered = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        gateway.Upstream.Always(Answer.Raw(Encoding.ASCII.GetBytes(interim + Answered)));
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("openai-chat");

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal(200, head.Status);
        Assert.Empty(head.Interim);
        Assert.Equal("{}", await client.ReadTextAsync());
    }

    private static string Head(TestGateway gateway, string framing) =>
        $"POST /v1/messages HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\n{framing}\r\n\r\n";

    private static byte[] BodyOf(int length)
    {
        var body = new byte[length];
        body.AsSpan().Fill((byte)'a');
        """{"model":"test","x":" """u8.CopyTo(body);
        "\"}"u8.CopyTo(body.AsSpan(length - 2));
        return body;
    }

    private static async Task UploadAsync(RawHttpClient client, CancellationToken enough)
    {
        byte[] chunk = [.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8];
        try
        {
            while (!enough.IsCancellationRequested)
            {
                await client.SendAsync(chunk);
            }
        }
        catch (IOException)
        {
            // The gateway takes what comes for a while; then it may close.
        }
    }
}
