
namespace Holdfast.Journal;

/// <summary>A turn that ended without a whole answer: whoever sends it again is linked to it.</summary>
/// <param name="ExchangeId">The exchange that failed.</param>
/// <param name="FailedCandidate">The candidate whose answer broke off, which is asked last then; null where nobody is to blame.</param>
internal sealed record EndedTurn(string ExchangeId, string? FailedCandidate);

/// <summary>What is known of a request that may have been sent before.</summary>
/// <param name="Turn">The turn whose answer it may have; null where there is none.</param>
/// <param name="Ended">The turn it repeats, of which there is no answer; null where there is none.</param>
/// <param name="Cut">The turn whose answer it has in part, and asks to go on with; null where there is none.</param>
internal readonly record struct Earlier(Turn? Turn, EndedTurn? Ended, Turn? Cut = null)
{
    /// <summary>Whether there is an answer, or a part of one.</summary>
    public bool HasAnswer => (Turn ?? Cut) is not null;

    /// <summary>The exchange it repeats or goes on with; null where it is new.</summary>
    public string? RetryOf => Ended?.ExchangeId ?? Cut?.ExchangeId;
}
