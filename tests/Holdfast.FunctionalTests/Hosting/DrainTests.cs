using Holdfast.Connections;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>The gateway stops without cutting a turn.</summary>
public sealed class DrainTests
{
    private readonly SyncPoint _answering = new();

    [Fact]
    public async Task A_turn_under_way_is_finished_before_the_gateway_stops()
    {
        await using var app = await ListeningApp.StartAsync(ExchangeAsync);
        await using var client = await app.ConnectAsync();
        await client.SendAsync("GET /turn HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await _answering.WaitUntilReachedAsync();

        var stopping = app.StopAsync();
        Assert.False(stopping.IsCompleted);
        _answering.Continue();
        var answer = await client.ReadHeadAsync();

        Assert.Equal(200, answer.Status);
        Assert.Equal("close", answer.Header("connection"));
        Assert.Equal("whole", await client.ReadTextAsync());
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task While_draining_a_kept_connection_and_a_new_one_get_503_and_close()
    {
        await using var app = await ListeningApp.StartAsync(ExchangeAsync);
        await using var turn = await app.ConnectAsync();
        await using var kept = await app.ConnectAsync();
        await kept.RequestAsync("GET", "/healthz");
        await kept.ReadToEndAsync();
        await turn.SendAsync("GET /turn HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await _answering.WaitUntilReachedAsync();

        var stopping = app.StopAsync();
        await using var fresh = await app.ConnectAsync();
        RawAnswer[] answers = [await kept.RequestAsync("POST", "/turn"), await fresh.RequestAsync("POST", "/turn")];

        Assert.All(answers, answer => Assert.Equal((503, "close"), (answer.Status, answer.Header("connection"))));
        _answering.Continue();
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task While_draining_readyz_says_no_and_healthz_yes()
    {
        await using var app = await ListeningApp.StartAsync(ExchangeAsync);
        await using var turn = await app.ConnectAsync();
        await turn.SendAsync("GET /turn HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await _answering.WaitUntilReachedAsync();

        var stopping = app.StopAsync();
        await using var ready = await app.ConnectAsync();
        await using var healthy = await app.ConnectAsync();

        Assert.Equal(503, (await ready.RequestAsync("GET", "/readyz")).Status);
        Assert.Equal(200, (await healthy.RequestAsync("GET", "/healthz")).Status);
        _answering.Continue();
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task An_idle_connection_is_closed_only_after_the_last_turn()
    {
        await using var app = await ListeningApp.StartAsync(ExchangeAsync);
        await using var idle = await app.ConnectAsync();
        await using var turn = await app.ConnectAsync();
        await idle.RequestAsync("GET", "/healthz");
        await idle.ReadToEndAsync();
        await turn.SendAsync("GET /turn HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await _answering.WaitUntilReachedAsync();

        var stopping = app.StopAsync();
        await using var probe = await app.ConnectAsync();
        await probe.RequestAsync("GET", "/readyz");
        Assert.False(idle.IsClosedByPeer());
        _answering.Continue();

        Assert.Equal(ConnectionEnd.Fin, await idle.WaitForCloseAsync());
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task When_time_runs_out_each_open_turn_is_told_and_ends_cleanly()
    {
        var time = new ManualTime();
        await using var app = await ListeningApp.StartAsync(
            StreamAsync, options => options.Timeouts.Drain = TimeSpan.FromMinutes(5), time: time);
        await using var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/turn");
        await client.ReadPieceAsync();

        var stopping = app.StopAsync();
        await time.WaitForTimerDueInAsync(TimeSpan.FromMinutes(5));
        time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("event: error\n\n", await client.ReadTextAsync());
        Assert.Equal(BodyEnd.CleanEnd, client.End);
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task A_second_signal_ends_the_waiting()
    {
        await using var app = await ListeningApp.StartAsync(StreamAsync);
        await using var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/turn");
        await client.ReadPieceAsync();

        var stopping = app.StopAsync();
        app.Drain.Force();

        Assert.Equal("event: error\n\n", await client.ReadTextAsync());
        await stopping.WithinTestTimeout();
    }

    [Fact]
    public async Task A_turn_that_does_not_end_even_so_is_cut_after_five_seconds()
    {
        var time = new ManualTime();
        await using var app = await ListeningApp.StartAsync(
            async http =>
            {
                using var entry = http.RequestServices.GetRequiredService<Drain>().Enter();
                await http.Response.WriteAsync("first");
                await http.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            },
            time: time);
        await using var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/turn");
        await client.ReadPieceAsync();

        var stopping = app.StopAsync();
        app.Drain.Force();
        await time.WaitForTimerDueInAsync(Drain.ForcedLimit);
        time.Advance(Drain.ForcedLimit);
        await client.ReadToEndAsync();

        Assert.NotEqual(BodyEnd.CleanEnd, client.End);
        await stopping.WithinTestTimeout();
        Assert.Equal(0, app.Drain.Running);
    }

    [Fact]
    public async Task A_gateway_with_nothing_under_way_stops_at_once()
    {
        await using var app = await ListeningApp.StartAsync(time: new ManualTime());

        await app.StopAsync().WithinTestTimeout();

        Assert.Equal(DrainState.Stopped, app.Drain.State);
    }

    private async Task ExchangeAsync(HttpContext http)
    {
        if (!http.RequestServices.GetRequiredService<Drain>().TryEnter(out var entry))
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        using (entry)
        {
            await _answering.WaitToContinueAsync();

            // As every answer does that takes long.
            ConnectionState.Of(http)?.StampAnswer(http.Response);
            await http.Response.WriteAsync("whole");
        }
    }

    private static async Task StreamAsync(HttpContext http)
    {
        var drain = http.RequestServices.GetRequiredService<Drain>();
        using var entry = drain.Enter();
        await http.Response.WriteAsync("event: ping\n\n");
        await http.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, drain.Forced).ContinueWith(_ => { }, TaskScheduler.Default);
        await http.Response.WriteAsync("event: error\n\n");
    }
}
