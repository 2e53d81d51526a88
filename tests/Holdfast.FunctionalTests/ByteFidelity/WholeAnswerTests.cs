using Holdfast.Recording.Records;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>A whole answer reaches the client byte for byte with its headers; a JSON array stream too.</summary>
public sealed class WholeAnswerTests
{
    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_whole_answer_arrives_byte_for_byte_however_it_is_framed(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn(protocol, stream: false);
        foreach (var (name, wanted) in AdversarialBodies.All)
        {
            if (name == "bytes that are no UTF-8")
            {
                gateway.Upstream.Always(LiteralAnswer.Of(200, wanted, "content-type: application/json"));
            }
            else
            {
                var answer = Answer.Json(Encoding.UTF8.GetString(wanted));
                gateway.Upstream.Always((wanted.Length % 3) switch
                {
                    0 => answer,
                    1 => answer.Chunked().Split(11 + (wanted.Length / 50)),
                    _ => answer.CloseDelimited(),
                });
            }

            var head = await client.RequestAsync("POST", path, body);
            var got = await client.ReadToEndAsync();

            Assert.Equal((name, 200), (name, head.Status));
            Assert.True(wanted.AsSpan().SequenceEqual(got), name);
            Assert.Equal("exact", head.Header("holdfast-fidelity"));
            Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
        }
    }

    [Theory]
    [InlineData(4 * 1024 * 1024)]
    [InlineData((4 * 1024 * 1024) + 1)]
    [InlineData(20_000_000)]
    public async Task A_large_whole_answer_arrives_byte_for_byte(int length)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var wanted = $$"""{"x":"{{new string('x', length - 8)}}"}""";
        gateway.Upstream.Always(Answer.Json(wanted));
        var (path, body) = SampleRequests.Turn("openai-chat", stream: false);

        await client.RequestAsync("POST", path, body);
        var got = await client.ReadToEndAsync();

        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(wanted)), SHA256.HashData(got));
        Assert.Equal(BodyEnd.CleanEnd, client.End);
    }

    [Fact]
    public async Task A_compression_the_client_asked_for_is_passed_on_as_it_is()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var direct = await RawHttpClient.ConnectAsync(gateway.Upstream.BaseUrl);
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", "sim-gzip", stream: false);

        await direct.RequestAsync("POST", path, body, ("accept-encoding", "gzip"));
        var wanted = await direct.ReadToEndAsync();
        gateway.Upstream.Always(Answer.Like("sim-gzip"));
        var head = await client.RequestAsync("POST", path, body, ("accept-encoding", "gzip"), ("holdfast-upstream", "anthropic"));
        var got = await client.ReadToEndAsync();

        Assert.Equal("gzip", head.Header("content-encoding"));
        Assert.Equal("exact", head.Header("holdfast-fidelity"));
        Assert.Equal(wanted, got);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task A_gemini_stream_without_sse_is_an_array_that_arrives_byte_for_byte(int size)
    {
        const string Wanted = "[{\n  \"candidates\": [{\"content\": {\"parts\": [{\"text\": \"a ] [ } { \\\" \\\\\"}]}}]\n}\n,\r\n"
            + "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"ü🙂\"}]}, \"finishReason\": \"STOP\"}], \"n\": 1.0}\n]\n";
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        gateway.Upstream.Always(Answer.Json(Wanted).Chunked().Split(size));

        var head = await client.RequestAsync(
            "POST", "/v1beta/models/test:streamGenerateContent", """{"contents":[]}""");
        var got = await client.ReadTextAsync();

        Assert.Equal((200, "application/json"), (head.Status, head.Header("content-type")));
        Assert.Equal(Wanted, got);
        Assert.Equal("exact", head.Header("holdfast-fidelity"));
        Assert.Equal(ExchangeEnd.Completed, (await gateway.NextRecordAsync()).End);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_json_answer_to_a_streaming_request_arrives_byte_for_byte(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        const string Wanted = "{ \"id\":\"x\", \"n\":1.0 }\n";
        gateway.Upstream.Always(Answer.Json(Wanted));
        var (path, body) = SampleRequests.Turn(protocol);

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal(200, head.Status);
        Assert.Equal(Wanted, await client.ReadTextAsync());
    }

    [Fact]
    public async Task A_head_request_gets_the_upstreams_headers_and_no_body()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Json("""{"length":"counts"}"""));
        await using var client = await gateway.ConnectAsync();

        foreach (var path in (string[])["/v1/models", "/v1/messages"])
        {
            var head = await client.RequestAsync("HEAD", path);

            Assert.Equal((200, "19"), (head.Status, head.Header("content-length")));
            Assert.Equal("", await client.ReadTextAsync());
        }
    }
}
