using System.Collections.Immutable;
using Holdfast.Failover;
using Holdfast.Requests;

namespace Holdfast.Routing;

/// <summary>
/// The walk of one exchange over its choices: whom to ask first, what to do after a failure, when to give up. Decides; the
/// exchange's loop acts. Used by one loop.
/// </summary>
/// <remarks>
/// <code>
/// after a failure
/// 1 surface       the request itself is at fault, or the walk has become too long
/// 2 retry         shortly, where moving would cost a warm prompt cache, or the upstream asks for a short wait
/// 3 rotate        to another credential, where the credential is at fault, and
///   fall back     to the first untried choice that is well
/// 4 retry         with backoff, where nobody else is well
/// 5 fall back     to one that failed lately
/// 6 wait          until a limit resets, where that lies within the caller's patience
/// 7 fall back     to one that will most likely refuse, once in 30 s: it may have been paid meanwhile
/// </code>
/// </remarks>
internal sealed class RoutePlan
{
    private readonly FailoverTools _tools;
    private readonly ClientRequest _request;
    private readonly ChoiceHealth _health;
    private readonly ImmutableArray<Choice> _choices;
    private readonly AffinityEntry? _home;
    private Trial[]? _trials;
    private List<FailedAttempt>? _failures;
    private int _current;
    private int _attempts;
    private TimeSpan _waited;
    private DateTimeOffset _sentAt;

    /// <param name="route">Who can be asked.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="startedAt">When the exchange began.</param>
    /// <param name="tools">What all walks share.</param>
    /// <param name="failedBefore">The candidate whose answer to this same turn broke off: it is asked last; null for
    /// none.</param>
    public RoutePlan(
        Route route, ClientRequest request, DateTimeOffset startedAt, FailoverTools tools, string? failedBefore = null)
    {
        Route = route;
        _sentAt = startedAt;
        _request = request;
        _tools = tools;
        _health = new(tools.Health, request.Caller, request.Model);
        (_choices, _home) = route.Choices.Length == 1 ? (route.Choices, null) : ChoiceOrder.For(request, route, tools, startedAt);
        request.Identity.WantsAffinity = _choices.Length > 1 && tools.Options.Affinity.Enabled;
        if (failedBefore is not null)
        {
            _choices = [.. _choices.OrderBy(choice => choice.Candidate.Name == failedBefore)];
        }
    }

    /// <summary>The route it follows.</summary>
    public Route Route { get; }

    /// <summary>Whom the present attempt asks.</summary>
    public Choice Current => _choices[_current];

    /// <summary>Whether there is one choice only.</summary>
    public bool IsAlone => _choices.Length == 1;

    /// <summary>Every attempt that failed, in order.</summary>
    public IReadOnlyList<FailedAttempt> Failures => _failures ?? [];

    /// <summary>How many different candidates failed.</summary>
    public int CandidatesFailed => Failures.Select(failed => failed.Choice.Candidate).Distinct().Count();

    /// <summary>The candidate this conversation was answered by before, if it is not the present one; and the cached tokens
    /// that moving it is expected to lose.</summary>
    public (string Candidate, long CacheTokens)? MovedFrom =>
        _home is { } home && !IsHome(Current) ? (home.Candidate, home.CacheTokens) : null;

    /// <summary>Whether a failure of the present attempt could still be made good by asking somebody else: as long as that is
    /// so, what says nothing yet is held back.</summary>
    public bool HasAlternative
    {
        get
        {
            if (_choices.Length == 1 || _attempts + 1 >= _tools.Options.MaxAttempts)
            {
                return false;
            }

            for (var i = 0; i < _choices.Length; i++)
            {
                if (i != _current && IsUntried(i))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Chooses whom to ask first; gives up where everybody is spared for longer than the caller can wait.</summary>
    public Step Begin()
    {
        if (_choices.Length == 1)
        {
            return new(StepKind.Begin);
        }

        if ((Pick(Prospect.Good, _sentAt) ?? Pick(Prospect.Fair, _sentAt)) is { } first)
        {
            return To(first, StepKind.Begin, _sentAt);
        }

        return WaitForLimit(_sentAt)
            ?? (Pick(Prospect.Poor, _sentAt) is { } last ? To(last, StepKind.Begin, _sentAt) : new Step(StepKind.GiveUp));
    }

    /// <summary>Who cannot be asked now, and until when.</summary>
    public IReadOnlyList<(Choice Choice, Availability Health)> Spared()
    {
        var now = _tools.Time.GetUtcNow();
        return
        [
            .. Enumerable.Range(0, _choices.Length).Where(IsUntried)
                .Select(i => (_choices[i], _health.Of(_choices[i], now)))
                .Where(one => one.Item2.State == HealthState.Cooling),
        ];
    }

    /// <summary>Judges a failure of the present attempt.</summary>
    public Classification Judge(Failure failure) => _tools.Classifier.Value.Classify(failure);

    /// <summary>Takes note of a failure and says what to do next.</summary>
    public Step After(Failure failure, Classification verdict)
    {
        var now = _tools.Time.GetUtcNow();
        (_failures ??= []).Add(new(Current, failure, verdict));
        _attempts++;
        _trials ??= new Trial[_choices.Length];
        ref var trial = ref _trials[_current];
        trial.Asked++;
        if (!failure.ClientAborted)
        {
            _health.Failed(Current, verdict, now, _sentAt);
        }

        if ((!verdict.MayFallBack && !verdict.RetrySame) || _attempts >= _tools.Options.MaxAttempts)
        {
            return new(StepKind.GiveUp);
        }

        trial.LimitedUntil = verdict.Reason.IsLimit() && verdict.RetryAfter is { } reset ? now + reset : default;
        var delay = BackOff.Delay(trial.Asked, verdict.RetryAfter, _tools.Random);
        var mayRetry = verdict.RetrySame && trial.Asked <= _tools.Options.Retries
            && delay <= FailoverPolicy.LongestRetryDelay && FailoverPolicy.ProvesNoWork(failure, verdict);
        var isWorthWaiting = verdict.RetryAfter is not null || (IsHome(Current) && _home!.Value.CacheTokens > 0);
        if (mayRetry && isWorthWaiting && delay <= FailoverPolicy.ShortDelay)
        {
            return To(_current, StepKind.Retry, now, delay);
        }

        if (!FailoverPolicy.IsOfCredential(verdict))
        {
            PassOverOtherCredentials();
        }

        var mayMove = verdict.MayFallBack;
        if (mayMove && Pick(Prospect.Good, now) is { } next)
        {
            return MoveTo(next, now);
        }

        if (mayRetry)
        {
            return To(_current, StepKind.Retry, now, delay);
        }

        if (mayMove && Pick(Prospect.Fair, now) is { } ailing)
        {
            return MoveTo(ailing, now);
        }

        return WaitForLimit(now)
            ?? (mayMove && Pick(Prospect.Poor, now) is { } last ? MoveTo(last, now) : new Step(StepKind.GiveUp));
    }

    /// <summary>The present attempt was answered: its candidate is well, and the conversation stays with it.</summary>
    /// <param name="cacheTokens">Tokens of the prompt that the provider keeps now.</param>
    public void Succeeded(long cacheTokens)
    {
        if (!_health.IsQuiet)
        {
            _health.Succeeded(Current, _tools.Time.GetUtcNow(), _sentAt);
        }

        // Where it would go anyway, and nothing is lost by moving it, there is nothing to remember.
        var isWorthNoting = !IsAlone && (_current != 0 || _home is not null || cacheTokens > 0);
        if (isWorthNoting && _tools.Options.Affinity.Enabled && _request.Identity.Affinity is { } key)
        {
            _tools.Affinity.Note(key, Current.Candidate.Name, Current.Credential.Name, cacheTokens, _tools.Time.GetUtcNow());
        }
    }

    /// <summary>When the earliest limit known to this walk resets; null where none is known.</summary>
    public TimeSpan? EarliestReset
    {
        get
        {
            var now = _tools.Time.GetUtcNow();
            TimeSpan? earliest = null;
            foreach (var trial in _trials ?? [])
            {
                if (trial.LimitedUntil > now && (earliest is null || trial.LimitedUntil - now < earliest))
                {
                    earliest = trial.LimitedUntil - now;
                }
            }

            return earliest;
        }
    }

    private Step MoveTo(int index, DateTimeOffset now) =>
        To(index, _choices[index].Candidate == Current.Candidate ? StepKind.Rotate : StepKind.FallBack, now);

    private Step To(int index, StepKind kind, DateTimeOffset now, TimeSpan delay = default)
    {
        _current = index;
        _sentAt = now + delay;
        return new(kind, delay);
    }

    private bool IsUntried(int index) =>
        (_trials is null || _trials[index] is { Asked: 0, IsPassedOver: false })
        && (!_request.Client.RefusesFallback || _choices[index].Candidate == _choices[0].Candidate);

    private bool IsHome(Choice choice) => _home is { } home
        && home.Candidate == choice.Candidate.Name && home.Credential == choice.Credential.Name;

    /// <summary>The first untried choice with this prospect; null where there is none.</summary>
    private int? Pick(Prospect prospect, DateTimeOffset now)
    {
        for (var i = 0; i < _choices.Length; i++)
        {
            if (IsUntried(i) && _health.ProspectOf(_choices[i], now, PatienceLeft) == prospect
                && _health.MayAsk(_choices[i], prospect, now))
            {
                return i;
            }
        }

        return null;
    }

    private TimeSpan PatienceLeft =>
        _request.CanBeOpenedEarly && _tools.Options.WaitForLimits is var limit && limit != Timeout.InfiniteTimeSpan
            ? limit - _waited
            : TimeSpan.Zero;

    /// <summary>Waits for the limit that resets first; null where the caller's patience does not reach that far.</summary>
    private Step? WaitForLimit(DateTimeOffset now)
    {
        var earliest = DateTimeOffset.MaxValue;
        var index = -1;
        for (var i = 0; i < _choices.Length; i++)
        {
            var until = _trials is { } trials && trials[i].Asked > 0 ? trials[i].LimitedUntil
                : IsUntried(i) && _health.Of(_choices[i], now) is { IsLimit: true, IsProbed: false, State: HealthState.Cooling } cooling ? cooling.Until
                : default;
            if (until != default && until < earliest)
            {
                (earliest, index) = (until, i);
            }
        }

        var wait = index < 0 ? TimeSpan.MaxValue : earliest > now ? earliest - now : TimeSpan.Zero;
        if (index < 0 || PatienceLeft <= TimeSpan.Zero || wait > PatienceLeft)
        {
            return null;
        }

        _waited += wait;
        return To(index, StepKind.WaitForLimit, now, wait);
    }

    private void PassOverOtherCredentials()
    {
        for (var i = 0; i < _choices.Length; i++)
        {
            _trials![i].IsPassedOver |= i != _current && _choices[i].Candidate == Current.Candidate;
        }
    }

    private struct Trial
    {
        public int Asked;
        public bool IsPassedOver;
        public DateTimeOffset LimitedUntil;
    }
}
