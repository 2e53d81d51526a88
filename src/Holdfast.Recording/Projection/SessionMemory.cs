namespace Holdfast.Recording.Projection;

/// <summary>What is remembered of sessions from one exchange to the next: hashes and times, of a bounded number.</summary>
internal sealed class SessionMemory
{
    /// <summary>Beyond it all is forgotten, which costs a prompt said once more.</summary>
    private const int MostEntries = 8192;

    private readonly Dictionary<string, string> _lastSaid = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _startedAt = new(StringComparer.Ordinal);

    /// <summary>Whether a text is another than the last one under this key.</summary>
    public bool Changed(string key, string text)
    {
        var hash = MessageIds.Hash(text);
        if (_lastSaid.TryGetValue(key, out var last) && last == hash)
        {
            return false;
        }

        MakeRoom(_lastSaid);
        _lastSaid[key] = hash;
        return true;
    }

    /// <summary>Forgets what was said, not when sessions began.</summary>
    public void Forget() => _lastSaid.Clear();

    /// <summary>When a session began: now, if it was not known.</summary>
    public DateTimeOffset StartOf(string session, DateTimeOffset now)
    {
        if (_startedAt.TryGetValue(session, out var start))
        {
            return start;
        }

        MakeRoom(_startedAt);
        return _startedAt[session] = now;
    }

    private static void MakeRoom<T>(Dictionary<string, T> entries)
    {
        if (entries.Count >= MostEntries)
        {
            entries.Clear();
        }
    }
}
