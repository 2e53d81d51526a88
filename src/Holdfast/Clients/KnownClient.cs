using Holdfast.Failover;

namespace Holdfast.Clients;

/// <summary>What is known of one client: a row of <c>known-clients.json</c>, where it stands what was measured for each value.
/// What a row does not say is as it is here, for everybody.</summary>
internal sealed class KnownClient
{
    /// <summary>Whoever sends a request, where nothing is known of it.</summary>
    public static KnownClient Anybody { get; } = new() { Name = "anybody" };

    /// <summary>What the row is called.</summary>
    public required string Name { get; init; }

    /// <summary>How its names begin, in the user agent and in <c>originator</c>.</summary>
    public string? Begins { get; init; }

    /// <summary>The first products of its user agents.</summary>
    public string[] Products { get; init; } = [];

    /// <summary>What an official SDK that runs in it says in <c>x-stainless-runtime</c>.</summary>
    public string[] Runtimes { get; init; } = [];

    /// <summary>What stands somewhere in the user agent of a program that runs in it.</summary>
    public string[] Mentions { get; init; } = [];

    /// <summary>Whether it takes interim <c>1xx</c> answers. Python's <c>http.client</c> breaks on them.</summary>
    public bool TakesInterim { get; init; }

    /// <summary>Whether its stream is opened before the upstream answers although nothing but loopback lies between.</summary>
    public bool OpensEarlyOnLoopback { get; init; } = true;

    /// <summary>How long events that say nothing may be held back from a stream of its that is open; for as long as somebody
    /// else may still answer, by default.</summary>
    public TimeSpan LongestHeld { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Whether it must get <c>response.failed</c> in place of a plain <c>error</c> event.</summary>
    public bool ErrorEventsAsFailed { get; init; }

    /// <summary>When its repetition of a request proves that the first is lost; null where it never does.</summary>
    public RetryRule? Retry { get; init; }

    /// <summary>Whether it puts the parts of an answer that were whole behind its question, where there are any, and asks to
    /// go on.</summary>
    public bool GoesOn { get; init; }

    /// <summary>How long an answer that is put together for it from a lost stream may take. Everybody gets as
    /// long as Claude Code, the one of which it was measured.</summary>
    public TimeSpan LongestAssembly { get; init; } = TimeSpan.FromSeconds(290);

    /// <summary>How our error for a lost or late answer must begin for it to ask again.</summary>
    public string? LossBegins { get; init; }

    /// <summary>How failures must be told for its own retries to help; the first that applies is used.</summary>
    public ErrorAdjustment[] Adjustments { get; init; } = [];

    /// <summary>A failure as it is to be told to this client. Only one that could not be absorbed is told.</summary>
    /// <param name="told">The failure as the upstream told it.</param>
    /// <param name="verdict">What it means.</param>
    public ToldFailure Adjust(ToldFailure told, Classification verdict)
    {
        foreach (var adjustment in Adjustments)
        {
            if (adjustment.AppliesTo(told, verdict))
            {
                return adjustment.Adjust(told);
            }
        }

        return told;
    }
}

/// <summary>A client sends the same request again only when it has given the first one up, so that its repetition proves that
/// the first is lost although nothing was heard of its end.</summary>
/// <param name="Sign">What tells that a request was sent before. Beside it everything a turn is told by must be the same.</param>
/// <param name="OnlyBeforeOutput">Whether it does so only while nothing generated has reached it.</param>
internal sealed record RetryRule(RetrySign Sign, bool OnlyBeforeOutput = false);

/// <summary>What is the same in all sendings of one request, and in no other request of its session.</summary>
internal enum RetrySign
{
    /// <summary>The bytes of the body.</summary>
    SameBody,

    /// <summary>What its headers say of the turn.</summary>
    StatedTurn,
}
