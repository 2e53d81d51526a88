using Holdfast.TestKit;
using Holdfast.Vigils;

namespace Holdfast.Tests.Proxy;

/// <summary>A silence clock wakes once something has been silent for as long as it may, and not before.</summary>
public sealed class SilenceClockTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Moment = TimeSpan.FromTicks(1);

    private readonly ManualTime _time = new();
    private readonly SilenceClock _clock;
    private int _wakes;

    public SilenceClockTests() => _clock = new SilenceClock(_time, () => _wakes++);

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void It_is_never_due_and_holds_no_timer_before_it_is_started()
    {
        _time.Advance(TimeSpan.FromDays(1));

        Assert.False(_clock.IsDue);
        Assert.Equal(0, _time.ArmedTimers);
        Assert.Equal(0, _wakes);
    }

    [Fact]
    public void It_wakes_once_exactly_when_the_limit_is_reached()
    {
        _clock.Start(Limit);

        _time.Advance(Limit - Moment);
        var (dueBefore, wakesBefore) = (_clock.IsDue, _wakes);
        _time.Advance(Moment);

        Assert.Equal((false, 0), (dueBefore, wakesBefore));
        Assert.Equal((true, 1), (_clock.IsDue, _wakes));
        Assert.Equal(Limit, _clock.Silence);
    }

    [Fact]
    public void Hearing_something_moves_the_end_without_a_wake_up()
    {
        _clock.Start(Limit);
        _time.Advance(TimeSpan.FromSeconds(6));
        _clock.Restart();

        _time.Advance(Limit - Moment);
        var (dueBefore, wakesBefore) = (_clock.IsDue, _wakes);
        _time.Advance(Moment);

        Assert.Equal((false, 0), (dueBefore, wakesBefore));
        Assert.Equal((true, 1), (_clock.IsDue, _wakes));
    }

    [Fact]
    public void A_look_after_it_was_due_sets_the_timer_again()
    {
        _clock.Start(Limit);
        _time.Advance(Limit);
        _clock.Restart();

        var isDue = _clock.IsDue;
        _time.Advance(Limit);

        Assert.False(isDue);
        Assert.True(_clock.IsDue);
        Assert.Equal(2, _wakes);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(30)]
    public void A_new_limit_counts_from_its_start(int seconds)
    {
        var limit = TimeSpan.FromSeconds(seconds);
        _clock.Start(Limit);
        _time.Advance(TimeSpan.FromSeconds(1));
        _clock.Start(limit);

        _time.Advance(limit - Moment);
        var dueBefore = _clock.IsDue;
        _time.Advance(Moment);

        Assert.False(dueBefore);
        Assert.True(_clock.IsDue);
    }

    [Fact]
    public void A_clock_without_a_limit_or_stopped_is_never_due()
    {
        _clock.Start(Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromDays(1));
        var isDueWithout = _clock.IsDue;
        _clock.Start(Limit);
        _clock.Stop();
        _time.Advance(TimeSpan.FromDays(1));

        Assert.False(isDueWithout);
        Assert.False(_clock.IsDue);
    }

    [Fact]
    public void Its_end_gives_the_timer_back()
    {
        _clock.Start(Limit);

        _clock.Dispose();

        Assert.Equal(0, _time.ArmedTimers);
    }

    /// <summary>The timer fires while the loop sets a shorter limit: the shorter one must not be put off by what the
    /// timer's thread does with the longer one.</summary>
    [Fact]
    public async Task A_shorter_limit_set_while_the_timer_fires_still_counts()
    {
        var time = new PausingTime();
        using var clock = new SilenceClock(time, () => { });
        clock.Start(TimeSpan.FromSeconds(300));
        time.Now = TimeSpan.FromSeconds(100);
        clock.Restart();
        time.Now = TimeSpan.FromSeconds(300);

        // The timer's thread has read the clock and is about to set the timer to the 100 s that are left.
        var firing = time.FireAndStopAtTheNextLookAtTheClock();
        var setting = new Thread(() => clock.Start(TimeSpan.FromSeconds(2)));
        setting.Start();
        SpinWait.SpinUntil(() => HasComeAsFarAsItCan(setting), TestTimeout.Deadline);
        time.LetGo();
        await firing.WithinTestTimeout();
        setting.Join(TestTimeout.Deadline);

        Assert.Equal(TimeSpan.FromSeconds(2), time.LastSet);
    }

    private static bool HasComeAsFarAsItCan(Thread thread) =>
        thread.ThreadState.HasFlag(ThreadState.Stopped) || thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin);

    /// <summary>A clock that stops whoever fires its timer at the next look at the time, until it is let go.</summary>
    private sealed class PausingTime : TimeProvider, ITimer
    {
        private readonly ManualResetEventSlim _stopped = new();
        private readonly ManualResetEventSlim _go = new();
        private TimerCallback? _callback;
        private object? _state;
        private int _firing;

        public TimeSpan Now { get; set; } = TimeSpan.Zero;

        public TimeSpan LastSet { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            var now = Now.Ticks;
            if (Environment.CurrentManagedThreadId == Volatile.Read(ref _firing) && !_go.IsSet)
            {
                _stopped.Set();
                _go.Wait(TestTimeout.Deadline);
            }

            return now;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            LastSet = dueTime;
            return true;
        }

        public Task FireAndStopAtTheNextLookAtTheClock()
        {
            var fired = Task.Run(() =>
            {
                Volatile.Write(ref _firing, Environment.CurrentManagedThreadId);
                _callback!(_state);
                Volatile.Write(ref _firing, 0);
            });
            _stopped.Wait(TestTimeout.Deadline);
            return fired;
        }

        public void LetGo() => _go.Set();

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
