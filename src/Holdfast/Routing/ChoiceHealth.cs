using Holdfast.Clients;
using Holdfast.Failover;

namespace Holdfast.Routing;

/// <summary>What may be hoped of a choice.</summary>
internal enum Prospect
{
    /// <summary>It is well, or it is time to find out.</summary>
    Good,

    /// <summary>It failed lately.</summary>
    Fair,

    /// <summary>Its limit will be over within the caller's patience.</summary>
    WorthWaiting,

    /// <summary>It is limited for long, or its money or credential was refused.</summary>
    Poor,
}

/// <summary>The health of the choices of one request: asked before one of them is, told what became of it.</summary>
/// <param name="book">What is known of everybody.</param>
/// <param name="caller">Whose credential they would be asked with, where they have none of their own.</param>
/// <param name="model">The model they would be asked for, where a candidate names none.</param>
internal readonly struct ChoiceHealth(HealthBook book, Caller caller, string? model)
{
    /// <summary>Whether nothing is known to be wrong with anybody.</summary>
    public bool IsQuiet => book.IsQuiet;

    /// <summary>Whether a choice may be asked.</summary>
    public Availability Of(Choice choice, DateTimeOffset now) => book.IsQuiet ? default : book.Of(KeyOf(choice), now);

    /// <summary>What may be hoped of a choice by a caller that can wait so long.</summary>
    public Prospect ProspectOf(Choice choice, DateTimeOffset now, TimeSpan patience)
    {
        var health = Of(choice, now);
        if (health.State != HealthState.Cooling)
        {
            return Prospect.Good;
        }

        if (health.IsProbed)
        {
            // A turn may take long: whoever has nobody else does not wait for its end.
            return Prospect.Fair;
        }

        if (health.IsLimit && health.Until - now <= patience)
        {
            return Prospect.WorthWaiting;
        }

        return health.IsLimit || health.IsBlocked ? Prospect.Poor : Prospect.Fair;
    }

    /// <summary>Whether this exchange may ask: one that was unwell is asked by one at a time, and seldom while it cools down
    /// for long.</summary>
    public bool MayAsk(Choice choice, Prospect prospect, DateTimeOffset now)
    {
        if (book.IsQuiet || prospect == Prospect.Fair)
        {
            return true;
        }

        return prospect == Prospect.Good
            ? book.TryProbe(KeyOf(choice), now)
            : book.TryNevertheless(KeyOf(choice), now);
    }

    /// <summary>The choice failed.</summary>
    public void Failed(Choice choice, Classification verdict, DateTimeOffset now, DateTimeOffset sent) =>
        book.Failed(KeyOf(choice), verdict, now, sent);

    /// <summary>The choice answered.</summary>
    public void Succeeded(Choice choice, DateTimeOffset now, DateTimeOffset sent) =>
        book.Succeeded(KeyOf(choice), now, sent);

    private HealthKey KeyOf(Choice choice) => new(
        choice.Upstream.Name,
        choice.Credential.IsClients ? caller.CredentialName : choice.Credential.Name,
        choice.Candidate.Model ?? model);
}
