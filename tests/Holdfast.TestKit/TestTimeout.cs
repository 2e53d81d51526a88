using System.Runtime.CompilerServices;

namespace Holdfast.TestKit;

/// <summary>The deadline of everything a test waits for: long enough for a loaded machine, and no test hangs.</summary>
public static class TestTimeout
{
    /// <summary>30 s of real time.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task WithinTestTimeout(
        this Task task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        try
        {
            await task.WaitAsync(Deadline);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw Expired(file, line);
        }
    }

    public static async Task<T> WithinTestTimeout<T>(
        this Task<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        await ((Task)task).WithinTestTimeout(file, line);
        return await task;
    }

    public static Task WithinTestTimeout(
        this ValueTask task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        task.AsTask().WithinTestTimeout(file, line);

    public static Task<T> WithinTestTimeout<T>(
        this ValueTask<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        task.AsTask().WithinTestTimeout(file, line);

    internal static TimeoutException Expired(string file, int line) =>
        new($"Nothing came within {Deadline.TotalSeconds:0} s at {Path.GetFileName(file)}:{line}.");
}
