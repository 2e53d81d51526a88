namespace Holdfast.Failover;

/// <summary>A rule of the configuration (<c>failover.rules</c>): all conditions that are given must hold.</summary>
internal sealed class OwnRule
{
    private readonly FailoverRuleOptions _options;
    private readonly StatusSet _statuses;

    /// <param name="options">The rule as it is written.</param>
    /// <param name="index">Its place in the list, counted from 0.</param>
    public OwnRule(FailoverRuleOptions options, int index)
    {
        Name = $"failover.rules[{index}]";
        Reason = FailureReasons.Parse(options.Reason)
            ?? throw new FormatException($"{Name}.reason (\"{options.Reason}\") is not a reason: {string.Join(", ", FailureReasons.All)}.");
        _options = options;
        try
        {
            _statuses = new StatusSet(options.Status is { } status ? [status] : []);
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"{Name}.status: {wrong.Message}", wrong);
        }
    }

    public string Name { get; }

    public FailureReason Reason { get; }

    public bool? RetrySame => _options.RetrySame;

    public bool? MayFallBack => _options.MayFallBack;

    /// <param name="failure">The failure as it came.</param>
    /// <param name="said">What was read out of it.</param>
    public bool Matches(Failure failure, SaidFailure said) =>
        (_options.Match ?? _options.Status ?? _options.Code ?? _options.Provider) is not null
        && (_statuses.IsEmpty || _statuses.Contains(failure.Status ?? said.Status))
        && (_options.Code is not { } code || Is(code, failure.Code) || Is(code, failure.Type)
            || said.Codes.Exists(known => Is(code, known)))
        && (_options.Provider is not { } provider || Is(provider, failure.Upstream))
        && (_options.Match is not { } match || Has(failure.Message, match) || said.Texts.Exists(text => Has(text, match)));

    private static bool Is(string expected, string? value) => expected.Equals(value, StringComparison.OrdinalIgnoreCase);

    private static bool Has(string text, string piece) => text.Contains(piece, StringComparison.OrdinalIgnoreCase);
}
