
namespace Holdfast.Failover;

/// <summary>A failure as it was seen, before anybody judges it. Nothing of it need be known but one thing.</summary>
/// <remarks>What others wrote of it is cut here, once for everybody: nothing that judges it sees a longer text.</remarks>
internal sealed record Failure
{
    /// <summary>The upstream's HTTP status; null when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>An error code: the provider's (<c>insufficient_quota</c>), a runtime's (<c>ECONNRESET</c>), or ours.</summary>
    public string? Code { get; init; }

    /// <summary>The provider's error type (<c>overloaded_error</c>).</summary>
    public string? Type { get; init; }

    /// <summary>What it says: a sentence, or a whole error document. Kept is as much as is looked at
    /// (<see cref="Excerpt.Longest"/>).</summary>
    public string Message { get; init => field = Excerpt.Of(value); } = "";

    /// <summary>What it says besides: causes, inner messages; each no longer than the message.</summary>
    public IReadOnlyList<string> Details { get; init => field = [.. value.Select(text => Excerpt.Of(text))]; } = [];

    /// <summary>Who said it, as the configuration names it.</summary>
    public string? Upstream { get; init; }

    /// <summary>Whether the client left: then nothing is the upstream's failure.</summary>
    public bool ClientAborted { get; init; }

    /// <summary>Whether the client has seen output: then no other answer may take its place.</summary>
    public bool SawOutput { get; init; }

    /// <summary>How long the upstream's headers ask to wait, if they do.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The time; without it, a wait that is told as a time of the clock is not understood.</summary>
    public DateTimeOffset? Now { get; init; }
}

/// <summary>What a failure was judged to be.</summary>
/// <param name="Reason">What happened.</param>
/// <param name="Kind">How it happened, in the finer words of errors.md.</param>
/// <param name="RetrySame">Whether the evidence is transient, so that the same candidate may be asked again. The phase the
/// attempt is in may still forbid it (D25).</param>
/// <param name="MayFallBack">Whether the next candidate may be asked.</param>
/// <param name="RetryAfter">How long to wait for the same candidate, if that was said.</param>
/// <param name="Rule">The name of the rule that judged.</param>
internal sealed record Classification(
    FailureReason Reason, string Kind, bool RetrySame, bool MayFallBack, TimeSpan? RetryAfter, string Rule);
