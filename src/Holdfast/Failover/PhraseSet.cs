namespace Holdfast.Failover;

/// <summary>Every phrase the rules look for. One walk over a text finds all that stand in it, so that the number of rules
/// costs next to nothing. Case does not count.</summary>
internal sealed class PhraseSet
{
    private const int Buckets = 8192;

    private readonly List<string> _phrases = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly int[]?[] _byStart = new int[]?[Buckets];
    private readonly List<int> _short = [];

    /// <summary>Takes a phrase in, and gives it its number.</summary>
    public int Add(string phrase)
    {
        var lower = phrase.ToLowerInvariant();
        if (!_numbers.TryGetValue(lower, out var number))
        {
            number = _phrases.Count;
            _phrases.Add(lower);
            _numbers.Add(lower, number);
            if (lower.Length < 3)
            {
                _short.Add(number);
            }
            else
            {
                ref var bucket = ref _byStart[BucketOf(lower[0], lower[1], lower[2])];
                bucket = [.. bucket ?? [], number];
            }
        }

        return number;
    }

    public int[] Add(IEnumerable<string> phrases) => [.. phrases.Select(Add)];

    /// <summary>Which of the phrases stand in a text.</summary>
    public SearchedText Search(string text)
    {
        var lower = text.ToLowerInvariant();
        var found = new bool[_phrases.Count];
        foreach (var number in _short)
        {
            found[number] = lower.Contains(_phrases[number], StringComparison.Ordinal);
        }

        for (var i = 0; i + 2 < lower.Length; i++)
        {
            if (_byStart[BucketOf(lower[i], lower[i + 1], lower[i + 2])] is not { } bucket)
            {
                continue;
            }

            foreach (var number in bucket)
            {
                if (!found[number] && lower.AsSpan(i).StartsWith(_phrases[number], StringComparison.Ordinal))
                {
                    found[number] = true;
                }
            }
        }

        return new(lower, found);
    }

    private static int BucketOf(char first, char second, char third) =>
        ((first * 1171) ^ (second * 31) ^ third) & (Buckets - 1);
}

/// <summary>A text in lower case, and which phrases stand in it.</summary>
internal sealed class SearchedText(string lower, bool[] found)
{
    public string Lower => lower;

    public bool Has(int phrase) => found[phrase];

    public bool HasAny(int[] phrases)
    {
        foreach (var phrase in phrases)
        {
            if (found[phrase])
            {
                return true;
            }
        }

        return false;
    }

    public bool HasAll(int[] phrases)
    {
        foreach (var phrase in phrases)
        {
            if (!found[phrase])
            {
                return false;
            }
        }

        return true;
    }
}
