using Holdfast.TestKit;
using Holdfast.Vigils;

namespace Holdfast.Tests.Proxy;

/// <summary>A vigil tells what is due, the most final first, and wakes the loop for each.</summary>
public sealed class VigilTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _client = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Vigil _vigil;

    public VigilTests()
    {
        _vigil = new Vigil(_time, _stop.Token);
        _vigil.Begin(TimeSpan.FromSeconds(100), new Patient(), null, _client.Token);
    }

    public void Dispose()
    {
        _vigil.Dispose();
        _client.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void Nothing_is_due_while_nothing_happens()
    {
        _vigil.ClientSilence.Start(TimeSpan.FromSeconds(10));
        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(50));

        Assert.Equal(Alarm.None, _vigil.Due());
        Assert.False(_vigil.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task Each_alarm_wakes_the_loop_and_the_more_final_one_comes_first()
    {
        var due = new List<Alarm>();
        _vigil.ClientSilence.Start(TimeSpan.FromSeconds(10));
        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(50));

        await AfterAsync(() => _time.Advance(TimeSpan.FromSeconds(10)));
        await AfterAsync(() => _time.Advance(TimeSpan.FromSeconds(40)));
        await AfterAsync(() => _time.Advance(TimeSpan.FromSeconds(50)));
        await AfterAsync(() => _stop.Cancel());
        await AfterAsync(() => _client.Cancel());

        Assert.Equal(
            [Alarm.ClientSilent, Alarm.UpstreamSilent, Alarm.Overtime, Alarm.Stopping, Alarm.ClientGone], due);

        async Task AfterAsync(Action what)
        {
            _ = _vigil.Due();
            var wait = _vigil.WaitAsync().AsTask();
            what();
            await wait.WithinTestTimeout();
            due.Add(_vigil.Due());
        }
    }

    /// <summary>Two clocks that never share a timer: a keepalive changes nothing for the upstream.</summary>
    [Fact]
    public void Breaking_the_clients_silence_does_not_break_the_upstreams()
    {
        _vigil.ClientSilence.Start(TimeSpan.FromSeconds(10));
        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(50));
        for (var i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(Alarm.ClientSilent, _vigil.Due());
            _vigil.ClientSilence.Restart();
        }

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(Alarm.UpstreamSilent, _vigil.Due());
    }

    [Fact]
    public void A_client_that_has_all_it_came_for_may_leave()
    {
        _vigil.IgnoreClient();
        _client.Cancel();

        Assert.Equal(Alarm.None, _vigil.Due());
        Assert.True(_vigil.IsClientGone);
    }

    [Fact]
    public void Its_end_leaves_no_timer_behind()
    {
        _vigil.ClientSilence.Start(TimeSpan.FromSeconds(10));
        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(50));

        _vigil.Dispose();

        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task A_vigil_that_is_used_again_knows_nothing_of_the_attempt_before()
    {
        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(5));
        _vigil.ClientSilence.Start(TimeSpan.FromSeconds(5));
        await _vigil.AbandonAsync(ValueTask.FromResult(0));
        _client.Cancel();
        _time.Advance(TimeSpan.FromSeconds(100));
        var before = _vigil.Due();

        _vigil.End();
        _vigil.Begin(Timeout.InfiniteTimeSpan, new Patient(), null, CancellationToken.None);
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(Alarm.ClientGone, before);
        Assert.Equal(Alarm.None, _vigil.Due());
        Assert.False(_vigil.GivenUp.IsCancellationRequested);
    }

    [Fact]
    public void A_clock_left_over_from_the_attempt_before_does_not_put_off_a_shorter_limit()
    {
        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(600));
        _vigil.End();
        _vigil.Begin(Timeout.InfiniteTimeSpan, new Patient(), null, CancellationToken.None);
        var wait = _vigil.WaitAsync();

        _vigil.UpstreamSilence.Start(TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(wait.IsCompleted);
        Assert.Equal(Alarm.UpstreamSilent, _vigil.Due());
    }

    private sealed class Patient : IWaitingClient
    {
        public ValueTask BreakSilenceAsync() => ValueTask.CompletedTask;
    }
}
