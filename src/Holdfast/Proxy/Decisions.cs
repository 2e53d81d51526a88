using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Routing;

namespace Holdfast.Proxy;

/// <summary>What is decided after each failed attempt, and where it is told: the record, the log, the counters. A failure is
/// judged here, once.</summary>
internal sealed class Decisions(GatewayMetrics metrics, ILogger<Decisions> logger)
{
    /// <summary>An attempt failed: judges it, decides what comes next, and writes both down.</summary>
    public Step After(Exchange exchange, ClientAnswer answer, RoutePlan plan, AttemptResult.Failed failed)
    {
        var failure = failed.ToFailure(plan.Current.Upstream.Name);
        var verdict = plan.Judge(failure);
        if (failed.Held?.ShouldRetry == false)
        {
            verdict = verdict with { RetrySame = false };
        }

        // A client that left is nobody's failure; nothing is tried for it any more.
        var hasLeft = answer.HasLeft;
        var step = plan.After(hasLeft ? failure with { ClientAborted = true } : failure, verdict);
        step = hasLeft || failed.Phase == Phase.Committed ? new(StepKind.GiveUp) : step;
        Tell(
            exchange.ExchangeId, verdict.Reason, step, plan.Current,
            exchange.Flight.AttemptFailed(failed.Phase, failed.Code, failed.Detail, plan.Failures[^1], step));
        return step;
    }

    /// <summary>An attempt was answered: what the walk learns from it.</summary>
    public void Answered(Exchange exchange, RoutePlan plan)
    {
        if (!exchange.Flight.IsAnswered)
        {
            return;
        }

        if (plan.MovedFrom is { } moved)
        {
            exchange.Flight.Moved(moved.Candidate, moved.CacheTokens);
            metrics.ConversationMoved(moved.Candidate, plan.Current.Candidate.Name);
        }

        plan.Succeeded(exchange.Flight.CachedTokens);
    }

    private void Tell(string exchangeId, FailureReason reason, Step step, Choice next, AttemptRecord attempt)
    {
        // The end of an exchange is told by its record's line.
        logger.Decided(
            step.Kind == StepKind.GiveUp ? LogLevel.Debug : LogLevel.Information, exchangeId, attempt.Attempt,
            attempt.Upstream, attempt.Model, Redaction.Text(attempt.RawError ?? attempt.Error), attempt.Reason, attempt.Kind,
            attempt.Rule, attempt.Action, next.Candidate.Name);
        switch (step.Kind)
        {
            case StepKind.Retry:
                metrics.Retried(attempt.Upstream, reason);
                break;
            case StepKind.Rotate or StepKind.FallBack:
                metrics.FellBack(attempt.Upstream, next.Upstream.Name, reason);
                break;
            case StepKind.WaitForLimit:
                metrics.WaitedForLimit(next.Upstream.Name);
                break;
        }
    }
}
