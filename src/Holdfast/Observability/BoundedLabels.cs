using System.Collections.Concurrent;

namespace Holdfast.Observability;

/// <summary>Keeps the values of one metric label few: the first ones stay, every later one is called <c>other</c>.
/// Some labels (an upstream's own error types) come from outside, and each new value costs memory for ever.
/// Never blocks.</summary>
internal sealed class BoundedLabels(int most)
{
    private const string Other = "other";

    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private int _count;

    public string Of(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return "none";
        }

        if (_known.TryGetValue(value, out var known))
        {
            return known;
        }

        // Many threads at once may each let one more in: the bound is a bound on memory, not an exact number.
        if (Volatile.Read(ref _count) >= most || value.Length > 80)
        {
            return Other;
        }

        if (_known.TryAdd(value, value))
        {
            Interlocked.Increment(ref _count);
        }

        return value;
    }
}
