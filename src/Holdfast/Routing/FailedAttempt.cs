using Holdfast.Failover;

namespace Holdfast.Routing;

/// <summary>An attempt that failed before the client had seen output, and what was made of it.</summary>
/// <param name="Choice">Who was asked.</param>
/// <param name="Failure">What happened.</param>
/// <param name="Verdict">What that means.</param>
internal sealed record FailedAttempt(Choice Choice, Failure Failure, Classification Verdict);
