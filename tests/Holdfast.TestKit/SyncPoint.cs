namespace Holdfast.TestKit;

/// <summary>A place in the code where a test makes it stop, looks around, and lets it go on. Used once.</summary>
public sealed class SyncPoint
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _continued = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the code has come here.</summary>
    public bool IsReached => _reached.Task.IsCompleted;

    /// <summary>Called by the code under test: says that it came here, and waits for <see cref="Continue"/>.</summary>
    public Task WaitToContinueAsync()
    {
        _reached.TrySetResult();
        return _continued.Task.WithinTestTimeout();
    }

    /// <summary>Called by the test: waits until the code has come here.</summary>
    public Task WaitUntilReachedAsync() => _reached.Task.WithinTestTimeout();

    /// <summary>Called by the test: lets the code go on.</summary>
    public void Continue() => _continued.TrySetResult();
}
