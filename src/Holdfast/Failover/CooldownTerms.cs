namespace Holdfast.Failover;

/// <summary>What a failure means for the health of its key: whether it cools down, as a whole or for one model, and how
/// long. Pure.</summary>
/// <param name="IsNeutral">Whether it says nothing about the candidate.</param>
/// <param name="NeedsMany">Whether one such failure may be chance: then the circuit decides.</param>
/// <param name="IsForAllModels">Whether it says something about the credential, whatever the model.</param>
/// <param name="IsBlocking">Whether the long steps hold, those for refused money and credentials.</param>
/// <param name="IsLimit">Whether the upstream knows best when it passes.</param>
/// <param name="FirstStep">The step such cooldowns begin with.</param>
internal readonly record struct CooldownTerms(
    bool IsNeutral, bool NeedsMany, bool IsForAllModels, bool IsBlocking, bool IsLimit, int FirstStep)
{
    private static readonly CooldownTerms Neutral = new(true, false, false, false, false, 0);
    private static readonly CooldownTerms Circuit = new(false, true, false, false, false, 1);
    private static readonly CooldownTerms AtOnce = new(false, false, false, false, false, 1);
    private static readonly CooldownTerms Limit = AtOnce with { IsLimit = true };
    private static readonly CooldownTerms Blocking = AtOnce with { IsBlocking = true, IsForAllModels = true };

    private static readonly TimeSpan[] Steps =
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(25), TimeSpan.FromHours(1)];

    private static readonly TimeSpan[] BlockingSteps =
        [TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(20), TimeSpan.FromHours(24)];

    /// <summary>The longest a cooldown may be, whatever an upstream says.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>The shortest that is worth the name.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>How many steps there are.</summary>
    public static int LastStep => Steps.Length;

    public static CooldownTerms Of(Classification verdict) => verdict.Reason switch
    {
        FailureReason.RateLimit or FailureReason.Overloaded => Limit,
        FailureReason.Billing => Blocking with { IsLimit = true },
        FailureReason.AuthPermanent => Blocking with { FirstStep = BlockingSteps.Length },
        // A 403 refuses what was asked for, most often the model; a 401 the credential itself.
        FailureReason.Auth => Blocking with { IsForAllModels = verdict.Kind != "permission" },
        FailureReason.ModelNotFound => AtOnce with { FirstStep = 2 },
        FailureReason.TlsCertificate => AtOnce,
        // Each of these costs its caller minutes: one is enough.
        FailureReason.Timeout when verdict.Kind is "timeout_first_byte" or "timeout_connect" or "timeout_idle" => AtOnce,
        // A single lost connection must not move every conversation away.
        FailureReason.Timeout or FailureReason.ServerError or FailureReason.EmptyResponse
            or FailureReason.NoErrorDetails => Circuit,
        _ => Neutral,
    };

    /// <summary>The step after this one, where this one was of the same kind; 0 is none.</summary>
    public int After(int step) => Math.Min(Math.Max(step + 1, FirstStep), LastStep);

    /// <summary>How long a step lasts, at least as long as the upstream asks for.</summary>
    public TimeSpan LengthOf(int step, TimeSpan? retryAfter)
    {
        var length = (IsBlocking ? BlockingSteps : Steps)[step - 1];
        return retryAfter > length ? Believed(retryAfter.Value) : length;
    }

    /// <summary>What an upstream asks for, within what is believed.</summary>
    public static TimeSpan Believed(TimeSpan retryAfter) =>
        retryAfter < Shortest ? Shortest : retryAfter > Longest ? Longest : retryAfter;
}
