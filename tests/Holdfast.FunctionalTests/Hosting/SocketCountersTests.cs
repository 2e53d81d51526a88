using Holdfast.Connections;
using Holdfast.TestKit;
using Microsoft.AspNetCore.Http;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>What happens to client connections is counted, each thing once, and nothing else beside
/// it.</summary>
public sealed class SocketCountersTests
{
    [Theory]
    [InlineData("\0\u0001\u0002 this is not HTTP\r\n\r\n", "400")]
    [InlineData("GET\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", "400")]
    [InlineData("GET / HTTP/9.1\r\nHost: localhost\r\n\r\n", "505")]
    public async Task Garbage_instead_of_HTTP_gets_a_bare_error_and_counts_once(string bytes, string status)
    {
        await using var app = await ListeningApp.StartAsync();
        await using var client = await app.ConnectAsync();

        await client.SendAsync(bytes);
        var answer = await client.ReadHeadAsync();

        Assert.Equal(status, answer.Status.ToString());
        Assert.Equal("close", answer.Header("connection"));
        await AssertCountedOnlyAsync(app, SocketEvent.ProtocolError);
    }

    [Fact]
    public async Task A_head_larger_than_the_limit_gets_431_and_counts_once()
    {
        await using var app = await ListeningApp.StartAsync(configure: options => options.Limits.RequestHeaders = 16 * 1024);
        await using var client = await app.ConnectAsync();

        var answer = await client.RequestAsync("GET", "/", body: (string?)null, ("X-Long", new string('a', 20_000)));

        Assert.Equal(431, answer.Status);
        await AssertCountedOnlyAsync(app, SocketEvent.ProtocolError);
    }

    [Fact]
    public async Task A_head_that_does_not_end_in_time_gets_408_and_counts_once()
    {
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(1));
        await using var client = await app.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: local");
        var answer = await client.ReadHeadAsync();

        Assert.Equal(408, answer.Status);
        await AssertCountedOnlyAsync(app, SocketEvent.HeaderTimeout);
    }

    [Fact]
    public async Task A_reset_of_a_fresh_connection_counts_as_before_a_request()
    {
        await using var app = await ListeningApp.StartAsync();
        var client = await app.ConnectAsync();
        await app.CountedAsync(SocketEvent.Accepted);

        client.Reset();

        await AssertCountedOnlyAsync(app, SocketEvent.ResetBeforeRequest);
    }

    [Fact]
    public async Task A_reset_between_two_requests_counts_as_before_a_request()
    {
        await using var app = await ListeningApp.StartAsync();
        var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();

        client.Reset();

        await AssertCountedOnlyAsync(app, SocketEvent.ResetBeforeRequest);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_head_counts_as_mid_request()
    {
        await using var app = await ListeningApp.StartAsync();
        var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();

        await client.SendAsync("POST /v1/messages HTTP/1.1\r\nHost: local");
        await Wait.UntilAsync(() => app.Connections.Open.Single().ResetKind == SocketEvent.ResetMidRequest);
        client.Reset();

        await AssertCountedOnlyAsync(app, SocketEvent.ResetMidRequest);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_body_counts_as_mid_request()
    {
        var reading = new SyncPoint();
        await using var app = await ListeningApp.StartAsync(async http =>
        {
            await http.Request.Body.ReadExactlyAsync(new byte[4]);
            await reading.WaitToContinueAsync();
            await http.Request.Body.ReadExactlyAsync(new byte[4]);
        });
        var client = await app.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf");
        await reading.WaitUntilReachedAsync();
        reading.Continue();

        client.Reset();

        await AssertCountedOnlyAsync(app, SocketEvent.ResetMidRequest);
    }

    [Fact]
    public async Task A_reset_while_an_answer_is_awaited_counts_as_mid_request()
    {
        var asked = new SyncPoint();
        await using var app = await ListeningApp.StartAsync(async http =>
        {
            asked.Continue();
            await asked.WaitToContinueAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        var client = await app.ConnectAsync();
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await asked.WaitUntilReachedAsync();

        client.Reset();

        await AssertCountedOnlyAsync(app, SocketEvent.ResetMidRequest);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_an_answer_counts_as_mid_answer()
    {
        await using var app = await ListeningApp.StartAsync(StreamUntilAbortedAsync);
        var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/x");
        await client.ReadPieceAsync();

        client.Reset();

        await AssertCountedOnlyAsync(app, SocketEvent.ResetMidAnswer);
    }

    [Fact]
    public async Task A_client_that_leaves_with_FIN_counts_as_nothing()
    {
        await using var app = await ListeningApp.StartAsync(StreamUntilAbortedAsync);
        var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/x");
        await client.ReadPieceAsync();

        client.Close();

        await AssertCountedOnlyAsync(app, SocketEvent.Accepted);
    }

    [Fact]
    public async Task An_idle_connection_of_another_machine_is_closed_two_seconds_after_the_advertised_time_and_counts_once()
    {
        var time = new ManualTime();
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.KeepAlive = TimeSpan.FromSeconds(20), asRemote: true, time: time);
        await using var client = await app.ConnectAsync();
        var answer = await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(22));

        time.Advance(TimeSpan.FromSeconds(21.9));
        Assert.Equal("timeout=20", answer.Header("keep-alive"));
        Assert.False(client.IsClosedByPeer());
        time.Advance(TimeSpan.FromSeconds(0.1));
        await client.WaitForCloseAsync();

        client.Close();
        await AssertCountedOnlyAsync(app, SocketEvent.IdleClosedByUs);
    }

    [Fact]
    public async Task A_connection_on_which_nothing_ever_came_is_closed_for_idling_too()
    {
        var time = new ManualTime();
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.KeepAlive = TimeSpan.FromSeconds(20), asRemote: true, time: time);
        await using var client = await app.ConnectAsync();
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(22));

        time.Advance(TimeSpan.FromSeconds(22));
        await client.WaitForCloseAsync();

        client.Close();
        await AssertCountedOnlyAsync(app, SocketEvent.IdleClosedByUs);
    }

    [Fact]
    public async Task An_answer_that_takes_longer_than_the_idle_time_is_not_cut()
    {
        var time = new ManualTime();
        var answering = new SyncPoint();
        await using var app = await ListeningApp.StartAsync(
            async http =>
            {
                await answering.WaitToContinueAsync();
                await http.Response.WriteAsync("late");
            },
            options => options.Limits.KeepAlive = TimeSpan.FromSeconds(20), asRemote: true, time: time);
        await using var client = await app.ConnectAsync();
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await answering.WaitUntilReachedAsync();

        time.Advance(TimeSpan.FromHours(1));
        answering.Continue();
        var answer = await client.ReadHeadAsync();

        Assert.Equal(200, answer.Status);
        Assert.Equal("timeout=20", answer.Header("keep-alive"));
        Assert.Equal("late", await client.ReadTextAsync());
    }

    [Fact]
    public async Task A_request_that_crosses_our_idle_close_counts_as_a_race_and_is_logged()
    {
        var time = new ManualTime();
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.KeepAlive = TimeSpan.FromSeconds(20), asRemote: true, time: time);
        await using var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();
        await time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(22));

        time.Advance(TimeSpan.FromSeconds(22));
        await client.WaitForCloseAsync();
        await client.SendAsync("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n");

        await app.Log.WaitForAsync("a request that crossed our close");
        await app.AllClosedAsync();
        Assert.Equal(1, app.Counters[SocketEvent.IdleClosedByUs]);
        Assert.Equal(1, app.Counters[SocketEvent.KeepAliveRace]);
    }

    [Fact]
    public async Task A_loopback_connection_has_no_idle_limit_and_hears_of_none()
    {
        var time = new ManualTime();
        await using var app = await ListeningApp.StartAsync(time: time);
        await using var client = await app.ConnectAsync();
        var first = await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();

        time.Advance(TimeSpan.FromDays(1));
        var second = await client.RequestAsync("GET", "/x");

        Assert.Null(first.Header("keep-alive"));
        Assert.Equal(200, second.Status);
    }

    private static async Task StreamUntilAbortedAsync(HttpContext http)
    {
        await http.Response.WriteAsync("first");
        await http.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, http.RequestAborted);
    }

    private static async Task AssertCountedOnlyAsync(ListeningApp app, SocketEvent expected)
    {
        await app.CountedAsync(expected);
        await app.AllClosedAsync();

        var counted = app.Counters.Snapshot().Where(count => count.Value > 0 && count.Key != SocketEvent.Accepted)
            .Select(count => (count.Key, count.Value));
        Assert.Equal(expected == SocketEvent.Accepted ? [] : [(expected, 1L)], counted);
    }
}
