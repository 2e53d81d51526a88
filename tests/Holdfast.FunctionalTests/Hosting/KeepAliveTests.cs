using System.Net.Sockets;
using Holdfast.Connections;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>Connections are not closed under a client's request.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public async Task A_loopback_connection_is_still_good_after_5_30_64_and_70_idle_seconds()
    {
        await using var app = await ListeningApp.StartAsync();

        double[] pauses = [5.0, 5.1, 30, 64, 70];
        var statuses = await Task.WhenAll(pauses.Select(async pause =>
        {
            await using var client = await app.ConnectAsync();
            await client.RequestAsync("GET", "/x");
            await client.ReadToEndAsync();
            await RealIdling.ForAsync(TimeSpan.FromSeconds(pause));
            return (await client.RequestAsync("GET", "/x")).Status;
        }));

        Assert.All(statuses, status => Assert.Equal(200, status));
        Assert.Equal(pauses.Length, app.Counters[SocketEvent.Accepted]);
    }

    [Fact]
    public async Task A_thousand_reuses_around_the_idle_limit_lose_no_request_before_our_close_and_count_each_race_at_it()
    {
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.KeepAlive = TimeSpan.FromSeconds(1), asRemote: true);

        // Half of them 50 ms around the advertised second, half of them 50 ms around the close two seconds later.
        var attempts = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            var around = TimeSpan.FromSeconds(i % 2 == 0 ? 1 : 3);
            var offset = TimeSpan.FromMilliseconds((i / 2 % 101) - 50);
            await RealIdling.ForAsync(TimeSpan.FromMilliseconds(i * 2));
            return (Around: around, Reuse: await ReuseAfterAsync(app, around + offset));
        }));

        Assert.All(
            attempts.Where(attempt => attempt.Around == TimeSpan.FromSeconds(1)),
            attempt => Assert.Equal(Reuse.Answered, attempt.Reuse));
        var lost = attempts.Count(attempt => attempt.Reuse == Reuse.Lost);
        await app.AllClosedAsync();
        Assert.True(
            lost <= app.Counters[SocketEvent.KeepAliveRace],
            $"{lost} requests were lost at the close, {app.Counters[SocketEvent.KeepAliveRace]} races were counted.");
        Assert.Contains(attempts, attempt => attempt.Reuse == Reuse.Answered && attempt.Around == TimeSpan.FromSeconds(3));
        Assert.Contains(attempts, attempt => attempt.Reuse == Reuse.FoundClosed);
    }

    [Fact]
    public async Task A_slow_head_that_makes_progress_is_served()
    {
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(20));
        await using var client = await app.ConnectAsync();

        foreach (var letter in "GET /x HTTP/1.1\r\nHost: localhost\r\nX-Slow: yes\r\n\r\n")
        {
            await client.SendAsync(letter.ToString());
            await RealIdling.ForAsync(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
    }

    [Fact]
    public async Task An_endless_head_is_ended_by_its_time_however_steadily_it_drips()
    {
        await using var app = await ListeningApp.StartAsync(
            configure: options => options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(1));
        await using var client = await app.ConnectAsync();
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: localhost\r\n");

        var answer = client.ReadHeadAsync();
        while (!answer.IsCompleted)
        {
            try
            {
                await client.SendAsync("X-Drip: a\r\n");
            }
            catch (IOException)
            {
                // Answered and closed in between.
            }

            await RealIdling.ForAsync(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(408, (await answer).Status);
        await app.CountedAsync(SocketEvent.HeaderTimeout);
    }

    [Fact]
    public void The_default_header_timeout_is_longer_than_a_minute_and_independent_of_the_idle_limit()
    {
        var limits = new LimitOptions();

        Assert.Equal(TimeSpan.FromSeconds(120), limits.RequestHeadersTimeout);
        Assert.Equal(TimeSpan.FromSeconds(600), limits.KeepAlive);
    }

    private enum Reuse
    {
        /// <summary>The second request was answered.</summary>
        Answered,

        /// <summary>The client saw our close before it sent anything: any client then takes a new connection.</summary>
        FoundClosed,

        /// <summary>The second request was sent and never answered.</summary>
        Lost,
    }

    private static async Task<Reuse> ReuseAfterAsync(ListeningApp app, TimeSpan pause)
    {
        await using var client = await app.ConnectAsync();
        await client.RequestAsync("GET", "/x");
        await client.ReadToEndAsync();
        await RealIdling.ForAsync(pause);
        if (client.IsClosedByPeer())
        {
            return Reuse.FoundClosed;
        }

        try
        {
            var answer = await client.RequestAsync("GET", "/x");
            return answer.Status == 200 ? Reuse.Answered : Reuse.Lost;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return Reuse.Lost;
        }
    }
}
