using Holdfast.Answers;
using Holdfast.Failover;
using Holdfast.Recording.Records;
using Holdfast.Wire.Errors;

namespace Holdfast.Attempts;

/// <summary>How one attempt ended. Expected failures are values; only bugs are exceptions.</summary>
internal abstract record AttemptResult
{
    private AttemptResult()
    {
    }

    /// <summary>The client has an answer, whatever it says, or has gone: nothing is left to do.</summary>
    public sealed record Answered : AttemptResult
    {
        public static readonly Answered Value = new();
    }

    /// <summary>The attempt failed and the client has not been told yet.</summary>
    /// <param name="Phase">How far it came.</param>
    /// <param name="Code">What happened.</param>
    /// <param name="Detail">The runtime's own words, for the record only.</param>
    public sealed record Failed(Phase Phase, ErrorCode Code, string? Detail = null) : AttemptResult
    {
        /// <summary>What the sockets did, where <see cref="Code"/> says only what came of it; for the record.</summary>
        public ErrorCode Cause { get; init; } = Code;

        /// <summary>What the upstream itself said, where it said something.</summary>
        public Failure? Said { get; init; }

        /// <summary>The upstream's own answer, held, where it was one. Who gets the failure disposes it.</summary>
        public HeldAnswer? Held { get; init; }

        /// <summary>The failure as the classifier takes it.</summary>
        /// <param name="upstream">Who failed.</param>
        public Failure ToFailure(string upstream) => (Said ?? new Failure
        {
            Code = Cause.Name,
            Message = Detail ?? "",
        }) with
        {
            Upstream = upstream,
            SawOutput = Phase == Phase.Committed,
        };
    }
}
