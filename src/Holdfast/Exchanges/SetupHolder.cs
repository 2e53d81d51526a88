namespace Holdfast.Exchanges;

/// <summary>Knows the settings that hold now. Safe for any thread.</summary>
/// <param name="first">Those of the start.</param>
internal sealed class SetupHolder(Setup first) : IDisposable
{
    private volatile Setup _current = first;
    private int _isDisposed;

    /// <summary>What holds now, for whoever only looks.</summary>
    public Setup Current => _current;

    /// <summary>What an exchange that begins now goes by, until it leaves it.</summary>
    public Setup Use()
    {
        while (true)
        {
            // Replaced, and left by everybody, between the two steps: then another one holds.
            var current = _current;
            if (current.TryUse())
            {
                return current;
            }
        }
    }

    /// <summary>From now on these hold, for exchanges that begin.</summary>
    public void Replace(Setup next)
    {
        var before = _current;
        _current = next;
        before.Leave();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _current.Leave();
        }
    }
}
