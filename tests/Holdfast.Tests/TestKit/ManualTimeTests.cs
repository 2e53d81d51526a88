using Holdfast.TestKit;

namespace Holdfast.Tests.TestKit;

public sealed class ManualTimeTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void The_clock_stands_still_until_it_is_advanced_and_elapsed_times_are_exact()
    {
        var start = _time.GetTimestamp();
        var now = _time.GetUtcNow();

        _time.Advance(TimeSpan.FromTicks(12_345_678_901));

        Assert.Equal(TimeSpan.FromTicks(12_345_678_901), _time.GetElapsedTime(start));
        Assert.Equal(TimeSpan.FromTicks(12_345_678_901), _time.GetUtcNow() - now);
        Assert.NotEqual(TimeSpan.TicksPerSecond, _time.TimestampFrequency);
    }

    [Fact]
    public void Due_timers_fire_in_order_at_their_own_time_periods_included()
    {
        var fired = new List<string>();
        void Fire(object? name) => fired.Add($"{name}@{_time.Elapsed.TotalSeconds}");
        using var late = _time.CreateTimer(Fire, "late", TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var tick = _time.CreateTimer(Fire, "tick", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        using var off = _time.CreateTimer(Fire, "off", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(2.5));
        _time.Advance(TimeSpan.FromSeconds(2.5));

        Assert.Equal(["tick@1", "late@3", "tick@3", "tick@5"], fired);
    }

    [Fact]
    public void A_timer_armed_by_a_callback_fires_on_the_same_way()
    {
        var fired = new List<double>();
        ITimer? timer = null;
        timer = _time.CreateTimer(
            _ =>
            {
                fired.Add(_time.Elapsed.TotalSeconds);
                timer!.Change(TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
            },
            null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal([1, 3, 5], fired);
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task The_runtimes_own_waits_follow_the_clock()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
        var delay = Task.Delay(TimeSpan.FromSeconds(3), _time);
        var waiting = new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromSeconds(4), _time);

        _time.Advance(TimeSpan.FromSeconds(3));
        await delay.WithinTestTimeout();
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));

        await Assert.ThrowsAsync<TimeoutException>(() => waiting).WithinTestTimeout();
        Assert.True(cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task A_timer_due_at_once_fires_without_the_clock()
    {
        var fired = new TaskCompletionSource();

        using var timer = _time.CreateTimer(_ => fired.TrySetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        await fired.Task.WithinTestTimeout();
    }

    [Fact]
    public async Task A_test_can_wait_until_the_code_has_armed_its_timer()
    {
        var code = Task.Run(async () =>
        {
            for (var i = 1; i <= 100; i++)
            {
                await Task.Yield();
                await Task.Delay(TimeSpan.FromSeconds(i), _time);
            }
        });

        for (var i = 1; i <= 100; i++)
        {
            await _time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(i));
            Assert.Equal(TimeSpan.FromSeconds(i), await _time.NextDueAsync());
            Assert.Equal(TimeSpan.FromSeconds(i), await _time.AdvanceToNextAsync());
        }

        await code.WithinTestTimeout();
        Assert.Equal(TimeSpan.FromSeconds(5_050), _time.Elapsed);
    }

    [Fact]
    public void Callbacks_see_the_async_locals_of_the_code_that_armed_them()
    {
        var local = new AsyncLocal<string> { Value = "armed" };
        var seen = "";
        using var timer = _time.CreateTimer(_ => seen = local.Value ?? "", null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        local.Value = "advanced";

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("armed", seen);
    }

    [Fact]
    public async Task A_timer_that_is_spread_by_chance_is_waited_for_within_its_bounds()
    {
        var time = new ManualTime();
        await using var other = time.CreateTimer(_ => { }, null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        var waiting = time.WaitForTimerDueInAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Assert.False(waiting.IsCompleted);

        await using var timer = time.CreateTimer(_ => { }, null, TimeSpan.FromSeconds(1.3), Timeout.InfiniteTimeSpan);

        Assert.Equal(TimeSpan.FromSeconds(1.3), await waiting);
    }
}
