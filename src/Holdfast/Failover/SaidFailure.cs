namespace Holdfast.Failover;

/// <summary>What was read out of a failure, taken out of everything it was wrapped in.</summary>
internal sealed class SaidFailure
{
    private const int MostTexts = 16;
    private const int MostCodes = 12;

    /// <summary>The sentences it consists of; the one that says most about it first.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Its codes, types and exception names.</summary>
    public List<string> Codes { get; } = [];

    /// <summary>Its HTTP status, if it is known.</summary>
    public int? Status { get; private set; }

    /// <summary>Whether the status is that of the answer, and not one that its text only quotes.</summary>
    public bool IsStatusSure { get; private set; }

    /// <summary>Whether the status was that of a success: the failure stands in the answer's body.</summary>
    public bool IsInSuccess { get; set; }

    /// <summary>Whether it is an HTML page.</summary>
    public bool IsPage { get; set; }

    /// <summary>Who said it, as the configuration names it.</summary>
    public string? Provider { get; init; }

    /// <summary>How long it asks to wait, in a field of its own.</summary>
    public TimeSpan? RetryAfter { get; set; }

    /// <summary>Whether nothing is said but a status, or that there is no body.</summary>
    public bool IsEmpty => Texts.TrueForAll(FailureText.SaysNothing);

    /// <summary>Whether it looks like an answer of a model, not like an error.</summary>
    public bool IsAnswer { get; private set; }

    /// <summary>Whether so many sentences were found that another one cannot matter.</summary>
    public bool HasEnough => Texts.Count == MostTexts;

    public void AddText(string text)
    {
        if (text.Length > 0 && !HasEnough)
        {
            IsAnswer |= FailureText.HasSections(text);
            Texts.Add(Excerpt.Of(text));
        }
    }

    public void AddCode(string code)
    {
        if (code.Length is > 0 and < 100 && Codes.Count < MostCodes)
        {
            Codes.Add(code);
        }
    }

    /// <summary>An abort says nothing without its cause, and its cause is another thing than the same words alone: both
    /// become one sentence.</summary>
    public void JoinAbort()
    {
        if (Texts.Count > 1 && FailureText.IsAbort(Texts[0]))
        {
            var joined = string.Join(": ", Texts);
            Texts.Clear();
            AddText(joined);
        }
    }

    /// <summary>Notes a status; the first one stays, but for one that was only quoted.</summary>
    public void SetStatus(int status, bool isSure)
    {
        if (Status is null || (isSure && !IsStatusSure))
        {
            (Status, IsStatusSure) = (status, isSure);
        }
    }
}
