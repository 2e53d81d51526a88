using Holdfast.Failover;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Routing;

namespace Holdfast.Proxy;

/// <summary>What is decided after each failed attempt, and where it is told: the record, the log, the counters (R115).</summary>
internal sealed class Decisions(ExchangeTools tools)
{
    /// <summary>An attempt failed: judges it, decides what comes next, and writes both down (R115).</summary>
    public Step After(Exchange exchange, RoutePlan plan, AttemptResult.Failed failed)
    {
        exchange.LastFailure?.Answer?.Dispose();
        exchange.LastFailure = failed;
        var record = exchange.Record;
        var choice = plan.Current;
        var failure = failed.ToFailure(choice.Upstream.Name);
        var verdict = plan.Judge(failure);
        if (failed.Answer?.ShouldRetry == false)
        {
            verdict = verdict with { RetrySame = false };
        }

        // A client that left is nobody's failure; nothing is tried for it any more.
        var hasLeft = exchange.HasLeft;
        var step = plan.After(hasLeft ? failure with { ClientAborted = true } : failure, verdict);
        step = hasLeft || failed.Phase == Phase.Committed ? new(StepKind.GiveUp) : step;
        var attempt = new AttemptRecord
        {
            Attempt = record.Attempts,
            Upstream = choice.Upstream.Name,
            Credential = choice.Credential.Name,
            Model = choice.Candidate.Model ?? record.ModelAsked,
            Phase = failed.Phase,
            Status = failure.Status ?? record.UpstreamStatus,
            Error = failed.Code.Name,
            RawError = failed.Detail,
            Reason = verdict.Reason.Word(),
            Kind = verdict.Kind,
            Rule = verdict.Rule,
            Action = step.Word,
            DelayMs = step.Delay > TimeSpan.Zero ? step.Delay.TotalMilliseconds : null,
            EndedMs = exchange.ElapsedMs,
        };
        record.FailedAttempts = [.. record.FailedAttempts ?? [], attempt];
        record.WaitedMs = step.Delay > TimeSpan.Zero ? (record.WaitedMs ?? 0) + step.Delay.TotalMilliseconds : record.WaitedMs;
        if (step.Kind is StepKind.FallBack or StepKind.Rotate)
        {
            record.FallbackReason ??= verdict.Reason.Word();
        }

        Tell(exchange.ExchangeId, attempt, verdict.Reason, step, plan.Current);
        return step;
    }

    /// <summary>Tells of a decision after a failed attempt: to the log (R115) and the counters.</summary>
    private void Tell(string exchangeId, AttemptRecord attempt, FailureReason reason, Step step, Choice next)
    {
        // The end of an exchange is told by its record's line.
        tools.Logger.Decided(
            step.Kind == StepKind.GiveUp ? LogLevel.Debug : LogLevel.Information, exchangeId, attempt.Attempt,
            attempt.Upstream, attempt.Model, Redaction.Text(attempt.RawError ?? attempt.Error), attempt.Reason, attempt.Kind,
            attempt.Rule, attempt.Action, next.Candidate.Name);
        switch (step.Kind)
        {
            case StepKind.Retry:
                tools.Metrics.Retried(attempt.Upstream, reason);
                break;
            case StepKind.Rotate or StepKind.FallBack:
                tools.Metrics.FellBack(attempt.Upstream, next.Upstream.Name, reason);
                break;
            case StepKind.WaitForLimit:
                tools.Metrics.WaitedForLimit(next.Upstream.Name);
                break;
        }
    }
}
