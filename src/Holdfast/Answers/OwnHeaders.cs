using System.Globalization;
using Holdfast.Recording.Records;
using Holdfast.Wire;

namespace Holdfast.Answers;

/// <summary>Our own headers on an answer: what is known when it leaves. The record has the truth.</summary>
internal static class OwnHeaders
{
    /// <param name="headers">The head, which has not left.</param>
    /// <param name="record">What is known of the exchange.</param>
    /// <param name="fidelity">What was done to the answer; null when that is not known, or there is none.</param>
    public static void Stamp(IHeaderDictionary headers, ExchangeRecord record, Fidelity? fidelity)
    {
        headers["holdfast-exchange"] = record.ExchangeId;
        if (record.Reattached)
        {
            headers["holdfast-reattached"] = "1";
        }

        if (record.OpenedEarly)
        {
            // Nothing is known yet of who answers.
            headers["holdfast-opened"] = "early";
            return;
        }

        if (record.Upstream is { } upstream)
        {
            headers["holdfast-upstream"] = upstream;
            headers["holdfast-attempts"] = record.Attempts == 1 ? "1" : record.Attempts.ToString(CultureInfo.InvariantCulture);
        }

        if ((record.ModelSent ?? record.ModelAsked) is { } model && IsSendable(model))
        {
            headers["holdfast-model"] = model;
        }

        if (fidelity is { } done)
        {
            headers["holdfast-fidelity"] = done.Word();
        }

        if (record.FallbackReason is { } reason)
        {
            headers["holdfast-fallback-reason"] = reason;
        }

        if (record.StaleRepeat)
        {
            headers["holdfast-stale-repeat"] = "1";
        }
    }

    private static bool IsSendable(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;
}
