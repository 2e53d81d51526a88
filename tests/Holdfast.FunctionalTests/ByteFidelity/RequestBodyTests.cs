using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.ByteFidelity;

/// <summary>The upstream reads the bytes the client wrote, whatever stands in them.</summary>
public sealed class RequestBodyTests
{
    public static TheoryData<string> Protocols => SampleStreams.Protocols;

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_body_arrives_byte_for_byte_whatever_is_odd_about_it(string protocol)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Echo());
        await using var client = await gateway.ConnectAsync();
        var (path, _) = SampleRequests.Turn(protocol);

        foreach (var (name, body) in AdversarialBodies.All)
        {
            var head = await client.RequestAsync("POST", path, body, ("content-type", "application/json"));
            var echo = JsonSerializer.Deserialize<JsonElement>(await client.ReadToEndAsync());

            Assert.True(head.Status == 200, $"{name}: {head.Status}");
            Assert.Equal((name, Hash(body)), (name, echo.GetProperty("sha256").GetString()));
            Assert.Equal(body, gateway.Upstream.Requests[^1].Body.ToArray());
            Assert.Equal(Text(body.Length), gateway.Upstream.Requests[^1].Header("content-length"));
            Assert.Equal(body.Length, (await gateway.NextRecordAsync()).RequestBytes);
        }
    }

    [Fact]
    public async Task A_chunked_body_arrives_byte_for_byte_with_its_length()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var body = """{"model":"test","messages":[{"role":"user","content":"häppchen 🙂"}]}"""u8.ToArray();

        await client.SendAsync($"POST /v1/messages HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n");
        foreach (var one in body)
        {
            await client.SendAsync((byte[])[(byte)'1', (byte)'\r', (byte)'\n', one, (byte)'\r', (byte)'\n']);
        }

        await client.SendAsync("0\r\n\r\n");
        var head = await client.ReadHeadAsync();

        Assert.Equal(200, head.Status);
        Assert.Equal(body, gateway.Upstream.Requests[0].Body.ToArray());
        Assert.Equal(Text(body.Length), gateway.Upstream.Requests[0].Header("content-length"));
    }

    [Fact]
    public async Task A_compressed_body_is_passed_on_compressed()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(Answer.Echo());
        await using var client = await gateway.ConnectAsync();
        var body = Compress("""{"model":"test","stream":false,"messages":[]}"""u8);

        var head = await client.RequestAsync("POST", "/v1/messages", body,
            ("content-type", "application/json"), ("content-encoding", "gzip"));

        Assert.Equal(200, head.Status);
        Assert.Equal(body, gateway.Upstream.Requests[0].Body.ToArray());
        Assert.Equal("gzip", gateway.Upstream.Requests[0].Header("content-encoding"));
    }

    [Fact]
    public async Task A_body_sent_without_a_content_type_is_read_as_json_and_none_is_invented()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var (path, body) = SampleRequests.Turn("anthropic", stream: false);

        var head = await client.RequestAsync("POST", path, body);

        Assert.Equal(200, head.Status);
        Assert.Null(gateway.Upstream.Requests[0].Header("content-type"));
    }

    private static string Hash(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Compress(ReadOnlySpan<byte> text)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(text);
        }

        return result.ToArray();
    }
}
