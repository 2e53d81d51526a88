namespace Holdfast.Failover;

/// <summary>What one rule says of a failure; what it leaves open is null.</summary>
internal readonly record struct Verdict(FailureReason Reason, string? Kind, bool? RetrySame, bool? MayFallBack, string Rule);

/// <summary>What a status means by itself, made ready for asking.</summary>
internal sealed class StatusVerdict
{
    private readonly StatusRule _rule;
    private readonly StatusSet _statuses;
    private readonly FailureReason _reason;
    private readonly FailureReason? _empty;
    private readonly HashSet<FailureReason>? _texts;

    public StatusVerdict(StatusRule rule)
    {
        _rule = rule;
        _statuses = new StatusSet(rule.Statuses);
        _reason = Parse(rule.Reason);
        _empty = rule.Empty is { } empty ? Parse(empty) : null;
        _texts = rule.Texts.Contains("any") ? null : [.. rule.Texts.Select(Parse)];
    }

    public bool IsFor(int? status) => _statuses.Contains(status);

    /// <summary>Whether a text may give this reason in the status's place.</summary>
    public bool Leaves(FailureReason reason) => _texts?.Contains(reason) ?? true;

    public Verdict Of(int status, bool isEmpty) => isEmpty && _empty is { } empty
        ? new(empty, null, _rule.RetrySame, _rule.MayFallBack, $"status.{status}.empty")
        : new(_reason, _rule.Kind, _rule.RetrySame, _rule.MayFallBack, $"status.{status}");

    public Verdict OfPage(int status) =>
        new(_reason, _rule.PageKind ?? "upstream_html", _rule.RetrySame, _rule.MayFallBack, $"page.{status}");

    private static FailureReason Parse(string word) =>
        FailureReasons.Parse(word) ?? throw new FormatException($"There is no such reason: \"{word}\".");
}
