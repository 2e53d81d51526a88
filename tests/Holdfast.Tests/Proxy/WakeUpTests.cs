using Holdfast.TestKit;
using Holdfast.Vigils;

namespace Holdfast.Tests.Proxy;

/// <summary>The loop of an exchange sleeps until something happens, and nothing that happens is slept through.</summary>
public sealed class WakeUpTests
{
    [Fact]
    public void A_wait_without_a_wake_up_goes_on()
    {
        var wakeUp = new WakeUp();

        var wait = wakeUp.WaitAsync();

        Assert.False(wait.IsCompleted);
    }

    [Fact]
    public async Task A_wake_up_ends_the_wait()
    {
        var wakeUp = new WakeUp();
        var wait = wakeUp.WaitAsync().AsTask();

        wakeUp.Wake();

        await wait.WithinTestTimeout();
    }

    [Fact]
    public void A_wake_up_that_came_early_ends_the_next_wait_at_once_and_only_that()
    {
        var wakeUp = new WakeUp();
        wakeUp.Wake();
        wakeUp.Wake();

        var next = wakeUp.WaitAsync();
        var overnext = wakeUp.WaitAsync();

        Assert.True(next.IsCompletedSuccessfully);
        Assert.False(overnext.IsCompleted);
    }

    [Fact]
    public async Task Wake_ups_between_a_wake_up_and_the_loops_look_are_one()
    {
        var wakeUp = new WakeUp();
        var wait = wakeUp.WaitAsync();
        wakeUp.Wake();
        wakeUp.Wake();
        wakeUp.Wake();
        await wait.WithinTestTimeout();

        var next = wakeUp.WaitAsync();

        Assert.False(next.IsCompleted);
        wakeUp.Wake();
        await next.WithinTestTimeout();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_loop_runs_on_the_stack_of_what_it_awaited_but_never_on_that_of_a_timer(bool isAwaited)
    {
        var wakeUp = new WakeUp();
        var wakersThread = Environment.CurrentManagedThreadId;
        var isWaking = false;
        var ranInside = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = wakeUp.WaitAsync().AsTask().ContinueWith(_ => ranInside.SetResult(
            Volatile.Read(ref isWaking) && Environment.CurrentManagedThreadId == wakersThread),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        Volatile.Write(ref isWaking, true);
        (isAwaited ? wakeUp.Resume : wakeUp.Wake)();
        Volatile.Write(ref isWaking, false);

        Assert.Equal(isAwaited, await ranInside.Task.WithinTestTimeout());
    }

    /// <summary>What each waker did before it woke must be seen by the loop after it woke, or it sleeps for ever: every
    /// waker waits until the loop has seen its last step before it takes the next one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task No_wake_up_is_lost_however_many_wake(int wakers)
    {
        const int Steps = 5_000;
        var wakeUp = new WakeUp();
        var done = new int[wakers * 32];
        var seen = new int[wakers * 32];

        var threads = Enumerable.Range(0, wakers).Select(waker => Task.Factory.StartNew(
            () => Work(waker * 32), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Loop().WithinTestTimeout();
        await Task.WhenAll(threads).WithinTestTimeout();

        Assert.All(Enumerable.Range(0, wakers), waker => Assert.Equal(Steps, seen[waker * 32]));

        void Work(int at)
        {
            var spin = default(SpinWait);
            for (var step = 1; step <= Steps; step++)
            {
                Volatile.Write(ref done[at], step);
                wakeUp.Wake();
                while (Volatile.Read(ref seen[at]) < step)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }
            }
        }

        async Task Loop()
        {
            while (true)
            {
                var isDone = true;
                for (var at = 0; at < done.Length; at += 32)
                {
                    Volatile.Write(ref seen[at], Volatile.Read(ref done[at]));
                    isDone &= seen[at] == Steps;
                }

                if (isDone)
                {
                    return;
                }

                await wakeUp.WaitAsync();
            }
        }
    }
}
