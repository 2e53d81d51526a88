using System.Runtime.CompilerServices;

namespace Holdfast.TestKit;

/// <summary>Waits for something observable that nothing announces. What has a signal of its own is waited for by that.</summary>
public static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Looks again and again until a condition is met, and fails at the deadline of all tests.</summary>
    public static async Task UntilAsync(
        Func<bool> isMet, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        using var deadline = new CancellationTokenSource(TestTimeout.Deadline);
        while (!isMet())
        {
            if (deadline.IsCancellationRequested)
            {
                throw TestTimeout.Expired(file, line);
            }

            await Task.Delay(Pause);
        }
    }
}
