namespace Holdfast.Failover;

/// <summary>
/// Tells failures apart: what happened, whether the same candidate may be asked again, whether the next one may, and how
/// long to wait. Everything it knows stands in <c>classifier-rules.json</c> and in the configuration. Pure, and safe for
/// any thread; a success never comes here.
/// </summary>
/// <remarks>
/// <code>
/// 1 client      it left: nobody's failure
/// 2 own rules   failover.rules of the configuration, in their order
/// 3 page        an edge speaks: its status is meant, its words are for people
/// 4 text        what the message says, then its details; the weightier wins
/// 5 status      what the status says by itself, where the text says nothing or may not
/// </code>
/// </remarks>
internal sealed class ErrorClassifier
{
    /// <summary>A limit that lasts longer is not worth waiting for at the same candidate.</summary>
    private static readonly TimeSpan ShortWindow = TimeSpan.FromSeconds(60);

    /// <summary>The gateway's own code for a page, told without the page.</summary>
    private const string PageCode = "upstream_html";

    private static readonly Lazy<ErrorClassifier> Brought = new(() => new ErrorClassifier([]));

    private readonly PhraseSet _phrases = new();
    private readonly OwnRule[] _own;
    private readonly RuleMatcher[] _rules;
    private readonly RuleMatcher[] _pages;
    private readonly StatusVerdict[] _statuses;
    private readonly StatusSet _transientStatuses;
    private readonly RuleMatcher _transient;
    private readonly RuleMatcher _longWindow;

    /// <param name="own"><c>failover.rules</c>, in their order; they are tried first.</param>
    /// <exception cref="FormatException">One of them names no reason, or a status that is none.</exception>
    public ErrorClassifier(IReadOnlyList<FailoverRuleOptions> own)
    {
        var rules = ClassifierRules.Load();
        _own = [.. own.Select((rule, index) => new OwnRule(rule, index))];
        _rules = [.. rules.Rules.Select(rule => new RuleMatcher(rule, _phrases))];
        _pages = [.. rules.Pages.Select(rule => new RuleMatcher(rule, _phrases))];
        _statuses = [.. rules.Statuses.Select(rule => new StatusVerdict(rule))];
        _transientStatuses = new StatusSet(rules.TransientStatuses);
        _transient = new RuleMatcher(rules.Transient, _phrases);
        _longWindow = new RuleMatcher(rules.LongWindow, _phrases);
    }

    /// <summary>With the rules the program brings alone.</summary>
    public static ErrorClassifier Default => Brought.Value;

    public Classification Classify(Failure failure)
    {
        if (failure.ClientAborted)
        {
            return new(FailureReason.None, "client_gone", RetrySame: false, MayFallBack: false, null, "client-left");
        }

        var said = FailureReader.Read(failure);
        SearchedText[] texts = said.Texts.Count == 0 ? [_phrases.Search("")] : [.. said.Texts.Select(_phrases.Search)];
        var verdict = Own(failure, said) ?? Judge(said, texts);
        var wait = RetryHint.Believed(failure.RetryAfter) ?? said.RetryAfter ?? StatedWait(said);
        return new(
            verdict.Reason, verdict.Kind ?? verdict.Reason.Kind(),
            verdict.RetrySame ?? IsTransient(verdict.Reason, said, texts, wait),
            !failure.SawOutput && (verdict.MayFallBack ?? verdict.Reason.MayFallBack()),
            wait, verdict.Rule);
    }

    private Verdict? Own(Failure failure, SaidFailure said)
    {
        foreach (var rule in _own)
        {
            if (rule.Matches(failure, said))
            {
                return new(rule.Reason, null, rule.RetrySame, rule.MayFallBack, rule.Name);
            }
        }

        return null;
    }

    private Verdict Judge(SaidFailure said, SearchedText[] texts)
    {
        var status = StatusOf(said.Status);
        if (said.IsPage || said.Codes.Contains(PageCode))
        {
            return JudgePage(said, texts, status);
        }

        // A status that a text merely quotes leaves every reason open to what the text says.
        var judge = said is { IsStatusSure: false, Status: >= 500 } ? null : status;
        Verdict? best = null;
        foreach (var text in texts)
        {
            best = Weightier(best, FirstOf(_rules, text, said, judge));
        }

        // The words of an unknown code say something still; a status in a sentence is the weakest of all.
        best ??= FirstOf(_rules, _phrases.Search(string.Join('\n', said.Codes.Where(code => !char.IsAsciiDigit(code[0])))), said, judge);
        if (best is { } found)
        {
            return found;
        }

        if (status is not null)
        {
            return status.Of(said.Status!.Value, said.IsEmpty);
        }

        return said.Texts.Count > 0 && FailureText.MentionedStatus(said.Texts[0]) is { } number && StatusOf(number) is { } mentioned
            ? mentioned.Of(number, isEmpty: false)
            : new(FailureReason.None, "none", null, null, "none");
    }

    private Verdict JudgePage(SaidFailure said, SearchedText[] texts, StatusVerdict? status)
    {
        if (said.IsInSuccess)
        {
            return new(FailureReason.ServerError, "protocol", null, null, "page.in-success");
        }

        foreach (var text in texts)
        {
            if (FirstOf(_pages, text, said, null) is { } found)
            {
                return found;
            }
        }

        return status?.OfPage(said.Status!.Value) ?? new(FailureReason.ServerError, "upstream_html", null, null, "page.unknown");
    }

    // The overflow wins, money beats a limit, anything beats "wrong format"; else what was said first.
    private static Verdict? Weightier(Verdict? first, Verdict? second)
    {
        if (first is not { } held || second is not { } other)
        {
            return first ?? second;
        }

        var mayReplace = other.Reason == FailureReason.ContextOverflow
            || (other.Reason == FailureReason.Billing && held.Reason == FailureReason.RateLimit)
            || (other.Kind == "billing" && other.Reason == held.Reason)
            || (held.Reason == FailureReason.Format && other.Reason != FailureReason.None);
        return mayReplace && held.Reason != FailureReason.ContextOverflow ? other : held;
    }

    private static Verdict? FirstOf(RuleMatcher[] rules, SearchedText text, SaidFailure said, StatusVerdict? status)
    {
        foreach (var rule in rules)
        {
            if ((rule.Rule.OverStatus || status is null || status.Leaves(rule.Reason)) && rule.Matches(text, said))
            {
                // A rule's own "may be asked again" does not outweigh a 4xx: only the text is evidence there.
                var retrySame = IsRefusal(said.Status) && rule.Rule is { RetrySame: true, OverStatus: false } ? null : rule.Rule.RetrySame;
                return new(rule.Reason, rule.Rule.Kind, retrySame, rule.Rule.MayFallBack, rule.Rule.Name);
            }
        }

        return null;
    }

    private bool IsTransient(FailureReason reason, SaidFailure said, SearchedText[] texts, TimeSpan? wait)
    {
        if (reason is FailureReason.Format or FailureReason.ContextOverflow or FailureReason.TlsCertificate
            or FailureReason.Auth or FailureReason.AuthPermanent or FailureReason.ModelNotFound or FailureReason.Refusal
            or FailureReason.Billing or FailureReason.SessionExpired)
        {
            return false;
        }

        if (reason == FailureReason.RateLimit && (wait > ShortWindow || Says(_longWindow, said, texts)))
        {
            return false;
        }

        return _transientStatuses.Contains(said.Status) || (!said.IsPage && Says(_transient, said, texts));
    }

    private static bool Says(RuleMatcher rule, SaidFailure said, SearchedText[] texts)
    {
        if (!IsRefusal(said.Status) && rule.HasCode(said.Codes))
        {
            return true;
        }

        foreach (var text in texts)
        {
            if (rule.MatchesText(text))
            {
                return true;
            }
        }

        return false;
    }

    // Whatever its code is called, such an answer was meant; 408 and 429 say themselves that they pass.
    private static bool IsRefusal(int? status) => status is >= 400 and < 500 and not (408 or 429);

    private static TimeSpan? StatedWait(SaidFailure said)
    {
        foreach (var text in said.Texts)
        {
            if (RetryHint.In(text) is { } wait)
            {
                return wait;
            }
        }

        return null;
    }

    private StatusVerdict? StatusOf(int? status)
    {
        foreach (var known in _statuses)
        {
            if (known.IsFor(status))
            {
                return known;
            }
        }

        return null;
    }
}
