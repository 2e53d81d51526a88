namespace Holdfast.Failover;

/// <summary>A rule made ready for matching. Immutable but for patterns, which are read when first needed.</summary>
internal sealed class RuleMatcher
{
    private readonly HashSet<string> _codes;
    private readonly int[] _contains;
    private readonly int[] _all;
    private readonly int[] _unless;
    private readonly string[] _exact;
    private readonly (int Near, Lazy<TextPattern> Pattern)[] _patterns;
    private readonly StatusSet _statuses;
    private readonly StatusSet _notStatuses;

    /// <param name="rule">What it must hold.</param>
    /// <param name="phrases">Takes in every phrase the rule looks for.</param>
    public RuleMatcher(ClassifierRule rule, PhraseSet phrases)
    {
        Rule = rule;
        Reason = FailureReasons.Parse(rule.Reason)
            ?? throw new FormatException($"The rule \"{rule.Name}\" has no such reason: \"{rule.Reason}\".");
        _codes = new(rule.Codes, StringComparer.OrdinalIgnoreCase);
        _contains = phrases.Add(rule.Contains);
        _all = phrases.Add(rule.All);
        _unless = phrases.Add(rule.Unless);
        _exact = [.. rule.Exact.Select(text => text.ToLowerInvariant())];
        _patterns =
        [
            .. rule.Patterns.Select(pattern => (phrases.Add(pattern.Key), new Lazy<TextPattern>(() => new TextPattern(pattern.Value)))),
        ];
        _statuses = new StatusSet(rule.Statuses);
        _notStatuses = new StatusSet(rule.NotStatuses);
    }

    public ClassifierRule Rule { get; }

    public FailureReason Reason { get; }

    public bool Matches(SearchedText text, SaidFailure said)
    {
        if ((!_statuses.IsEmpty && !_statuses.Contains(said.Status)) || _notStatuses.Contains(said.Status)
            || (Rule.Providers.Length > 0 && !IsFrom(said.Provider))
            || (Rule.NotInAnswers && said.IsAnswer) || text.HasAny(_unless))
        {
            return false;
        }

        return HasCode(said.Codes) || MatchesText(text);
    }

    /// <summary>Whether one of the codes is one of the rule's.</summary>
    public bool HasCode(List<string> codes)
    {
        if (_codes.Count == 0)
        {
            return false;
        }

        foreach (var code in codes)
        {
            if (_codes.Contains(code))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the text, whatever else is known, is one the rule means.</summary>
    public bool MatchesText(SearchedText text)
    {
        if (text.Lower.Length == 0 || !text.HasAll(_all))
        {
            return false;
        }

        return _contains.Length + _exact.Length + _patterns.Length == 0
            ? _all.Length > 0
            : text.HasAny(_contains) || IsExact(text.Lower) || IsFound(text);
    }

    private bool IsExact(string lower)
    {
        var sentence = lower.AsSpan().TrimEnd('.');
        foreach (var exact in _exact)
        {
            if (sentence.SequenceEqual(exact))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsFound(SearchedText text)
    {
        foreach (var (near, pattern) in _patterns)
        {
            if (text.Has(near) && pattern.Value.IsIn(text.Lower))
            {
                return true;
            }
        }

        return false;
    }

    // "kimi" is meant by an upstream named kimi, kimi-2 or eu.kimi, not by one named bikimi.
    private bool IsFrom(string? provider)
    {
        foreach (var word in (provider ?? "").Split('-', '_', '.', '/', ':', ' '))
        {
            foreach (var known in Rule.Providers)
            {
                if (word.StartsWith(known, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
