
namespace Holdfast.Failover;

/// <summary>The health of one key. Changed by one thread at a time; <see cref="At"/> may be asked by any.</summary>
/// <remarks>
/// <code>
///            failure, or too many          time                 success
/// Ready ───────────────────────→ Cooling ─────→ ProbeDue ───────────────→ Ready
///                                   ↑               │ TryProbe: Cooling for the others
///                                   └── failure ────┘ the next step
/// </code>
/// </remarks>
internal sealed class KeyHealth
{
    /// <summary>A prober that has said nothing for so long may have died.</summary>
    private static readonly TimeSpan ProbeClaim = TimeSpan.FromSeconds(30);

    /// <summary>So long after a cooldown's end its step is forgotten.</summary>
    private static readonly TimeSpan StepMemory = TimeSpan.FromHours(24);

    private readonly RecentOutcomes _outcomes = new();
    private volatile Cooldown? _cooldown;

    /// <summary>How many failures came since the last success.</summary>
    public int Failures { get; private set; }

    /// <summary>The step of the last cooldown; 0 is none, or one whose length the upstream told.</summary>
    public int Step => _cooldown?.Step ?? 0;

    /// <summary>When the cooldown ends or has ended; without one, when the last failure was.</summary>
    public DateTimeOffset End => _cooldown?.Until ?? _outcomes.LastFailure;

    public Availability At(DateTimeOffset now) => _cooldown is { } cooldown ? cooldown.At(now) : default;

    /// <summary>Notes a failure; answers whether the cooldown is another now.</summary>
    public bool Failed(CooldownTerms terms, Classification verdict, DateTimeOffset? sent, DateTimeOffset now)
    {
        Failures++;
        _outcomes.Add(isFailure: true, now);
        var known = _cooldown is { } cooldown && !cooldown.IsForgotten(now) ? cooldown : null;
        if (known is not null && (now < known.Until || sent < known.Since))
        {
            return Prolong(known, terms, verdict, now);
        }

        if (known is null && terms.NeedsMany && !_outcomes.AreBad(now))
        {
            return false;
        }

        var step = known?.IsBlocking == terms.IsBlocking ? known.Step : 0;
        if (terms.IsLimit && verdict.RetryAfter is { } stated)
        {
            Begin(verdict.Reason, terms, step, CooldownTerms.Believed(stated), now);
        }
        else
        {
            step = terms.After(step);
            Begin(verdict.Reason, terms, step, terms.LengthOf(step, verdict.RetryAfter), now);
        }

        return true;
    }

    /// <summary>Notes a success; answers whether that ended a cooldown.</summary>
    public bool Succeeded(DateTimeOffset? sent, DateTimeOffset now)
    {
        if (_cooldown is { } cooldown)
        {
            // What was sent before the trouble began says nothing about its end.
            if (sent < cooldown.Since)
            {
                return false;
            }

            _cooldown = null;
            _outcomes.Clear();
            Failures = 0;
            return true;
        }

        _outcomes.Add(isFailure: false, now);
        Failures = 0;
        return false;
    }

    /// <summary>Makes the others wait for the caller's probe, if one is due.</summary>
    public void ClaimProbe(DateTimeOffset now)
    {
        if (_cooldown is { } cooldown && cooldown.At(now).State == HealthState.ProbeDue)
        {
            _cooldown = cooldown with { ProbeUntil = now + ProbeClaim };
        }
    }

    /// <summary>Whether it may be asked once although it cools down: its cause may be gone, and nobody has looked for
    /// long.</summary>
    public bool MayBeAskedNevertheless(DateTimeOffset now) =>
        _cooldown is not { } cooldown || cooldown.At(now).State != HealthState.Cooling || now - cooldown.AskedAt >= ProbeClaim;

    /// <summary>Notes that it is asked although it cools down.</summary>
    public void AskNevertheless(DateTimeOffset now)
    {
        if (_cooldown is { } cooldown)
        {
            _cooldown = cooldown with { AskedAt = now };
        }
    }

    /// <summary>A request has ended. Was it the probe, the next may go.</summary>
    public void ReleaseProbe(DateTimeOffset? sent)
    {
        if (_cooldown is { } cooldown && cooldown.ProbeUntil != default && !(sent < cooldown.ProbeUntil - ProbeClaim))
        {
            _cooldown = cooldown with { ProbeUntil = default };
        }
    }

    /// <summary>Takes over a cooldown of an earlier life.</summary>
    public void Restore(HealthEntry entry, DateTimeOffset now)
    {
        var latest = now + CooldownTerms.Longest;
        _cooldown = new Cooldown(
            entry.Reason, entry.Reason.IsBlocking(), Math.Clamp(entry.Step, 0, CooldownTerms.LastStep), now,
            entry.Until < latest ? entry.Until : latest, default);
        Failures = Math.Max(entry.Failures, 0);
    }

    /// <summary>Whether there is nothing left to remember.</summary>
    public bool IsOver(DateTimeOffset now) =>
        _cooldown is { } cooldown ? cooldown.IsForgotten(now) : _outcomes.AreOver(now);

    // Requests that were under way when the cooldown began are no news, unless they know more of its end.
    private bool Prolong(Cooldown cooldown, CooldownTerms terms, Classification verdict, DateTimeOffset now)
    {
        if (terms.IsBlocking && (!cooldown.IsBlocking || terms.FirstStep > cooldown.Step))
        {
            var length = terms.LengthOf(terms.FirstStep, verdict.RetryAfter);
            Begin(verdict.Reason, terms, terms.FirstStep, length, now);
            return true;
        }

        if (verdict.RetryAfter is { } stated && now + CooldownTerms.Believed(stated) is var until && until > cooldown.Until)
        {
            _cooldown = cooldown with { Until = until };
            return true;
        }

        return false;
    }

    private void Begin(FailureReason reason, CooldownTerms terms, int step, TimeSpan length, DateTimeOffset now) =>
        _cooldown = new Cooldown(reason, terms.IsBlocking, step, now, now + length, default);

    /// <param name="Reason">Why.</param>
    /// <param name="IsBlocking">Whether its steps are the long ones.</param>
    /// <param name="Step">Which step it is.</param>
    /// <param name="Since">When it began.</param>
    /// <param name="Until">When it ends.</param>
    /// <param name="ProbeUntil">Until when a probe is under way; the earliest time there is when none is.</param>
    private sealed record Cooldown(
        FailureReason Reason, bool IsBlocking, int Step, DateTimeOffset Since, DateTimeOffset Until,
        DateTimeOffset ProbeUntil)
    {
        public bool IsForgotten(DateTimeOffset now) => now - Until >= StepMemory;

        public Availability At(DateTimeOffset now) =>
            now < Until ? new(HealthState.Cooling, Until, Reason)
            : now < ProbeUntil ? new(HealthState.Cooling, ProbeUntil, Reason) { IsProbed = true }
            : IsForgotten(now) ? default
            : new(HealthState.ProbeDue, Until, Reason);

        /// <summary>When it was asked last although it cools down.</summary>
        public DateTimeOffset AskedAt { get; init; } = Since;
    }
}
