using Holdfast.Recording.Records;
using Holdfast.Connections;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.BadInput;

/// <summary>A request whose body never becomes whole, or that is no HTTP at all, ends with an error or a close, is counted
/// once, and hangs nothing.</summary>
public sealed class BrokenTransferTests
{
    [Theory]
    [InlineData("zz\r\nhello\r\n")]
    [InlineData("-5\r\nhello\r\n")]
    [InlineData("5\r\nhello, too long\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    public async Task A_body_with_broken_chunks_is_refused_in_the_protocols_shape(string chunks)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.SendAsync(Head(gateway, "Transfer-Encoding: chunked") + chunks);
        var head = await client.ReadHeadAsync();

        await Refusals.AssertAsync(gateway, client, head, (400, "body_incomplete"), "anthropic");
    }

    [Theory]
    [InlineData("Content-Length: 100", "{\"model\":")]
    [InlineData("Transfer-Encoding: chunked", "9\r\n{\"model\":\r\n")]
    [InlineData("Transfer-Encoding: chunked", "")]
    public async Task A_client_that_ends_its_body_too_soon_by_closing_has_left(string framing, string start)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        // A half-close counts as leaving.
        await client.SendAsync(Head(gateway, framing) + start);
        client.HalfClose();
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("client_aborted", "client", 0), (record.End?.Word(), record.EndSide?.Word(), record.Status));
        Assert.Equal(0, gateway.Upstream.RequestCount);
        await client.WaitForEndAsync();
    }

    [Fact]
    public async Task A_client_that_resets_in_the_middle_of_its_body_is_recorded_as_gone()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.SendAsync(Head(gateway, "Content-Length: 100") + "{\"model\":");
        await gateway.WaitForOpenExchangesAsync(1);
        client.Reset();
        var record = await gateway.NextRecordAsync();

        Assert.Equal(("client_aborted", "client"), (record.End?.Word(), record.EndSide?.Word()));
        Assert.Equal(0, gateway.Upstream.RequestCount);
    }

    [Fact]
    public async Task A_body_that_stops_coming_is_refused_after_the_limit_of_silence()
    {
        var time = new ManualTime();
        await using var gateway = await TestGateway.StartAsync(time: time);
        await using var client = await gateway.ConnectAsync();

        await client.SendAsync(Head(gateway, "Content-Length: 100") + "{\"model\":");
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(120));
        time.Advance(TimeSpan.FromSeconds(120));
        var head = await client.ReadHeadAsync();

        var message = await Refusals.AssertAsync(gateway, client, head, (400, "body_incomplete"), "anthropic");
        Assert.Contains("120 s", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("this is not HTTP\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\nHost: a\r\n\r\n")]
    [InlineData("GET * HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nx: a\r\n folded\r\n\r\n")]
    public async Task What_is_no_http_gets_a_bare_4xx_and_a_close_and_is_counted_once(string bytes)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.SendAsync(bytes);
        var head = await client.ReadHeadAsync();
        await client.ReadToEndAsync();
        await client.WaitForEndAsync();

        Assert.InRange(head.Status, 400, 505);
        Assert.Equal(0, gateway.Upstream.RequestCount);
        Assert.Equal(1, gateway.Services.GetRequiredService<SocketCounters>()[SocketEvent.ProtocolError]);
        Assert.Equal(0, await gateway.MetricAsync("holdfast_exchanges_total"));
    }

    [Fact]
    public async Task Headers_beyond_the_limit_are_answered_431_and_endless_ones_are_not_read_for_ever()
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();

        await client.SendAsync($"GET /v1/models HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\n");
        var head = client.ReadHeadAsync();
        for (var i = 0; i < 2000 && !head.IsCompleted; i++)
        {
            await SendWhileOpenAsync(client, $"x-endless-{i}: {new string('x', 1000)}\r\n");
        }

        Assert.Equal(431, (await head).Status);
        Assert.Equal(1, gateway.Services.GetRequiredService<SocketCounters>()[SocketEvent.ProtocolError]);
    }

    [Theory]
    [InlineData(1, 60_000, 200)]
    [InlineData(1, 70_000, 431)]
    [InlineData(250, 10, 200)]
    [InlineData(300, 10, 431)]
    public async Task Headers_pass_up_to_the_limit(int count, int length, int status)
    {
        await using var gateway = await TestGateway.StartAsync();
        await using var client = await gateway.ConnectAsync();
        var headers = Enumerable.Range(0, count).Select(i => ($"x-{i}", new string('v', length))).ToArray();

        var head = await client.RequestAsync("GET", "/v1/models", (byte[]?)null, headers);

        Assert.Equal(status, head.Status);
        Assert.Equal(status == 200 ? 1 : 0, gateway.Upstream.RequestCount);
    }

    private static string Head(TestGateway gateway, string framing) =>
        $"POST /v1/messages HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\n{framing}\r\n\r\n";

    private static async Task SendWhileOpenAsync(RawHttpClient client, string text)
    {
        try
        {
            await client.SendAsync(text);
        }
        catch (IOException)
        {
            // Answered and closed already: what it said is read by the caller.
        }
    }
}
