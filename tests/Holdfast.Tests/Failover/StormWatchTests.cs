using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>One turn that comes again and again is refused, told once, and let through when it has paused.</summary>
public sealed class StormWatchTests
{
    private static readonly StormKey Turn = StormKey.From("principal"u8, "session"u8, "body"u8);

    private readonly StormWatch _watch = new(new StormOptions());
    private DateTimeOffset _now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private StormVerdict Come(double afterSeconds = 0)
    {
        _now += TimeSpan.FromSeconds(afterSeconds);
        return _watch.Count(Turn, _now);
    }

    [Fact]
    public void A_turn_may_come_as_often_as_the_limit_says_and_no_more()
    {
        for (var i = 1; i <= 20; i++)
        {
            Assert.Equal(new StormVerdict(false, TimeSpan.Zero, i, false), Come(1));
        }

        // The second of them leaves the window first that the next has to wait for: 60 s after it came.
        Assert.Equal(new StormVerdict(true, TimeSpan.FromSeconds(41), 21, true), Come(1));
        Assert.Equal(new StormVerdict(true, TimeSpan.FromSeconds(41), 22, false), Come(1));
    }

    [Fact]
    public void Another_turn_session_or_principal_is_another_matter()
    {
        for (var i = 0; i < 30; i++)
        {
            Come();
        }

        Assert.False(_watch.Count(StormKey.From("principal"u8, "session"u8, "other"u8), _now).IsStorm);
        Assert.False(_watch.Count(StormKey.From("principal"u8, "other"u8, "body"u8), _now).IsStorm);
        Assert.False(_watch.Count(StormKey.From("other"u8, "session"u8, "body"u8), _now).IsStorm);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(1)]
    [InlineData(2.9)]
    public void A_loop_that_goes_on_stays_refused_and_is_told_once(double every)
    {
        for (var i = 0; i < 20; i++)
        {
            Come(every);
        }

        var refusals = Enumerable.Range(0, 1_980).Select(_ => Come(every)).ToList();

        Assert.All(refusals, verdict => Assert.True(verdict.IsStorm));
        Assert.All(refusals, verdict =>
            Assert.InRange(verdict.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
        Assert.True(refusals[0].IsFirstRefusal);
        Assert.DoesNotContain(refusals.Skip(1), verdict => verdict.IsFirstRefusal);
        Assert.Equal(2_000, refusals[^1].Count);
    }

    [Fact]
    public void A_turn_that_comes_slower_than_the_limit_is_never_refused() =>
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.False(Come(3).IsStorm));

    [Fact]
    public void Who_waits_as_long_as_told_is_let_through()
    {
        for (var i = 0; i < 40; i++)
        {
            Come(0.5);
        }

        var refused = Come();
        Assert.True(refused.IsStorm);

        Assert.False(Come(refused.RetryAfter.TotalSeconds).IsStorm);
    }

    [Fact]
    public void A_storm_that_comes_back_after_a_pause_is_told_again()
    {
        for (var i = 0; i < 25; i++)
        {
            Come();
        }

        Assert.Equal(1, Come(60).Count);
        var again = Enumerable.Range(0, 25).Select(_ => Come()).ToList();

        Assert.Single(again, verdict => verdict.IsFirstRefusal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(500)]
    public void Any_limit_holds_exactly(int limit)
    {
        var watch = new StormWatch(new StormOptions { Limit = limit, Window = TimeSpan.FromSeconds(10) });
        for (var i = 0; i < limit; i++)
        {
            Assert.False(watch.Count(Turn, _now).IsStorm);
        }

        Assert.Equal(new StormVerdict(true, TimeSpan.FromSeconds(10), limit + 1, true), watch.Count(Turn, _now));
        Assert.True(watch.Count(Turn, _now.AddSeconds(9.9)).IsStorm);
        Assert.Equal(limit == 1, watch.Count(Turn, _now.AddSeconds(19.8)).IsStorm);
    }

    [Fact]
    public void Switched_off_nothing_is_refused()
    {
        var watch = new StormWatch(new StormOptions { Enabled = false });

        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(watch.Count(Turn, _now).IsStorm));
        Assert.Equal(0, watch.Watched);
    }

    [Fact]
    public void Ever_new_turns_cannot_fill_the_memory_nor_hide_a_loop()
    {
        var storms = 0;
        for (var i = 0; i < 150_000; i++)
        {
            _now += TimeSpan.FromMicroseconds(100);
            _watch.Count(new StormKey(KeyDigest.Of("test"u8, BitConverter.GetBytes(i), default, default)), _now);
            storms += i % 100 == 0 && Come().IsStorm ? 1 : 0;
        }

        Assert.InRange(_watch.Watched, StormWatch.Most - 16, StormWatch.Most);
        Assert.Equal(1_480, storms);
    }

    [Fact]
    public void A_turn_that_comes_once_in_a_while_takes_no_memory()
    {
        Come();

        Assert.Contains(0, Enumerable.Range(0, 20).Select(_ => BytesOfAThousand()));
    }

    private long BytesOfAThousand()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Come(61);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void Of_many_at_once_the_limit_is_let_through_and_one_refusal_is_told()
    {
        var (passed, told) = (0, 0);

        Parallel.For(0, 10_000, _ =>
        {
            var verdict = _watch.Count(Turn, _now);
            Interlocked.Add(ref passed, verdict.IsStorm ? 0 : 1);
            Interlocked.Add(ref told, verdict.IsFirstRefusal ? 1 : 0);
        });

        Assert.Equal((20, 1), (passed, told));
    }
}
