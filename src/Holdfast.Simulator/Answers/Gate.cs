namespace Holdfast.Simulator.Answers;

/// <summary>Holds an answer until the test lets it go on: each passage takes one permit. Thread-safe.</summary>
public sealed class Gate
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _passages = new();
    private TaskCompletionSource _reached = NewSignal();
    private int _permits;
    private bool _open;

    /// <summary>Lets <paramref name="events"/> more events through.</summary>
    public void Release(int events = 1)
    {
        lock (_lock)
        {
            for (; events > 0; events--)
            {
                if (_passages.TryDequeue(out var waiting))
                {
                    waiting.TrySetResult();
                }
                else
                {
                    _permits++;
                }
            }
        }
    }

    /// <summary>Lets everything through from now on.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _open = true;
            while (_passages.TryDequeue(out var waiting))
            {
                waiting.TrySetResult();
            }
        }
    }

    /// <summary>Completes when the simulator stands at the gate, with everything before it sent.</summary>
    public Task ReachedAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return _passages.Count > 0 ? Task.CompletedTask : _reached.Task.WaitAsync(cancellationToken);
        }
    }

    internal Task PassAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_open || _permits > 0)
            {
                _permits -= _open ? 0 : 1;
                return Task.CompletedTask;
            }

            var passage = NewSignal();
            _passages.Enqueue(passage);
            _reached.TrySetResult();
            _reached = NewSignal();
            return passage.Task.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
