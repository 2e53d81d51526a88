using System.Buffers;
using System.Globalization;
using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Vigils;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>
/// Tells the client of a failure that could not be absorbed: the upstream's own answer as it is, one error that names every
/// candidate, or our own words where nobody answered. To known clients in the form that makes their own retries help.
/// </summary>
internal sealed class FailureTelling(TimeProvider time, ILogger<FailureTelling> logger)
{
    /// <summary>Turns the request away: nothing was sent upstream.</summary>
    public static ValueTask RefuseAsync(Exchange exchange, ClientAnswer answer, GatewayError error)
    {
        exchange.Flight.Failed(error.Code);
        return answer.TellAsync(error with { ExchangeId = exchange.ExchangeId });
    }

    /// <summary>A failure of our own, or one that nobody else can make good.</summary>
    public ValueTask FailAsync(Exchange exchange, ClientAnswer answer, AttemptResult.Failed failed)
    {
        exchange.Flight.Failed(failed.Code, failed.Detail, failed.Cause);
        var error = ErrorTexts.Of(exchange, failed.Code);
        if (answer.IsOpen)
        {
            logger.StreamLost(exchange.ExchangeId, failed.Code.Name);
        }
        else
        {
            logger.AttemptFailed(exchange.ExchangeId, failed.Phase.Word(), failed.Code.Name);
        }

        return answer.TellAsync(error);
    }

    /// <summary>A bug of ours: it must still end the exchange in the client's protocol.</summary>
    public ValueTask FailUnexpectedlyAsync(Exchange exchange, ClientAnswer answer, Exception bug)
    {
        logger.Unexpected(bug, exchange.ExchangeId);
        return FailAsync(exchange, answer, new(exchange.Phase, ErrorCodes.InternalError, bug.GetType().Name));
    }

    /// <summary>A wait between two attempts ended before its time.</summary>
    public ValueTask EndWaitAsync(Exchange exchange, ClientAnswer answer, Alarm alarm)
    {
        if (alarm == Alarm.ClientGone)
        {
            exchange.Flight.ClientLeft();
            return ValueTask.CompletedTask;
        }

        return FailAsync(
            exchange, answer,
            new(exchange.Phase, alarm == Alarm.Stopping ? ErrorCodes.GatewayStopped : ErrorCodes.TotalTimeout));
    }

    /// <summary>Nobody else is asked: ends the exchange with its last failure; with a refusal, where nobody was asked.</summary>
    public ValueTask TellAsync(
        Exchange exchange, ClientAnswer answer, ClientRequest request, RoutePlan plan, Vigil vigil, AttemptResult.Failed? failed)
    {
        if (failed is null)
        {
            return TellNobodyAskedAsync(exchange, answer, plan);
        }

        var verdict = plan.Failures[^1].Verdict;
        if (plan.CandidatesFailed > 1 && verdict.MayFallBack)
        {
            return TellOfAllAsync(exchange, answer, request, plan, failed);
        }

        return failed.Held switch
        {
            HeldEvents events => PassOnAsync(exchange, answer, vigil, failed, events),
            HeldDocument { IsHtml: true } page => TellOfPageAsync(exchange, answer, request, page, verdict),
            HeldDocument { IsSuccess: true } document => PassOnAsync(answer, document),
            HeldDocument error => PassOnAsync(exchange, answer, request, error, verdict),
            _ => FailAsync(exchange, answer, failed),
        };
    }

    /// <summary>Everybody is spared for longer than the client can wait.</summary>
    private ValueTask TellNobodyAskedAsync(Exchange exchange, ClientAnswer answer, RoutePlan plan)
    {
        var spared = plan.Spared();
        var status = spared.All(one => one.Health.IsLimit)
            ? StatusCodes.Status429TooManyRequests
            : ErrorCodes.AllCandidatesSpared.Status;
        var list = string.Join(" | ", spared.Select(one => string.Create(CultureInfo.InvariantCulture,
            $"{one.Choice.Candidate}: {one.Health.Reason.Word()} until {one.Health.Until:yyyy-MM-dd HH:mm:ss}Z")));
        var error = ErrorTexts.Of(exchange, ErrorCodes.AllCandidatesSpared, $"No candidate can be asked now: {list}") with
        {
            Status = status,
            RetryAfter = spared.Min(one => one.Health.Until) - time.GetUtcNow(),
        };
        exchange.Flight.Failed(ErrorCodes.AllCandidatesSpared);
        return answer.TellAsync(error);
    }

    /// <summary>One error for all: who was asked, and why each did not answer. The status is the last one's.</summary>
    private static ValueTask TellOfAllAsync(
        Exchange exchange, ClientAnswer answer, ClientRequest request, RoutePlan plan, AttemptResult.Failed failed)
    {
        var last = plan.Failures[^1];
        var status = last.Failure.Status ?? failed.Code.Status;
        var wait = status is 429 or 503 or 529 ? plan.EarliestReset ?? last.Verdict.RetryAfter : null;
        var told = Adjusted(exchange, request, new(status, null, null, wait), last.Verdict);
        var list = string.Join(" | ", plan.Failures.Select(one =>
            $"{one.Choice.Candidate}: {one.Failure.Status?.ToString(CultureInfo.InvariantCulture) ?? one.Verdict.Kind} "
            + $"({one.Verdict.Reason.Word()})"));
        var error = ErrorTexts.Of(exchange, ErrorCodes.AllCandidatesFailed,
            $"All candidates failed ({plan.CandidatesFailed}): {list}") with
        {
            Status = told.Status,
            RetryAfter = told.RetryAfter,
        };
        exchange.Flight.Failed(ErrorCodes.AllCandidatesFailed, failed.Detail, failed.Cause);
        return answer.TellAsync(error, AnswerHead.OfDocument(told.Status) with { UpstreamStatus = status });
    }

    /// <summary>A page is for people: the client gets its status, and what it is called.</summary>
    private static ValueTask TellOfPageAsync(
        Exchange exchange, ClientAnswer answer, ClientRequest request, HeldDocument page, Classification verdict)
    {
        var status = page.Status < StatusCodes.Status400BadRequest ? ErrorCodes.UpstreamHtml.Status : page.Status;
        var upstreams = new ToldFailure(status, null, null, verdict.RetryAfter);
        var told = Adjusted(exchange, request, upstreams, verdict);
        var error = ErrorTexts.Of(exchange, ErrorCodes.UpstreamHtml,
            $"The upstream answered with an HTML page (status {page.Status}){HtmlPage.TitleOf(page.Body)}.");
        exchange.Flight.Failed(ErrorCodes.UpstreamHtml);
        return answer.TellAsync(error, AnswerHead.OfDocument(told.Status) with
        {
            UpstreamStatus = told == upstreams ? null : page.Status,
            RetryAfter = told == upstreams ? null : told.RetryAfter,
            RetryAfterAsSaid = page.HeaderOf("retry-after"),
        });
    }

    /// <summary>A stream that told of a failure before it had said anything, as the upstream wrote it.</summary>
    private async ValueTask PassOnAsync(
        Exchange exchange, ClientAnswer answer, Vigil vigil, AttemptResult.Failed failed, HeldEvents held)
    {
        answer.Stream.Expect(held.Head, held.Passage);
        answer.Stream.Write(held.Events.Span);
        await answer.FlushAsync();
        if (await StreamRelay.FinishAsync(held.End, held.Passage.Upstream, answer, exchange, vigil) is null)
        {
            await FailAsync(exchange, answer, failed with { Code = ErrorCodes.StreamTruncated, Cause = ErrorCodes.StreamTruncated });
        }
    }

    /// <summary>A whole answer that told of a failure inside its 200, as the upstream wrote it.</summary>
    private static async ValueTask PassOnAsync(ClientAnswer answer, HeldDocument held)
    {
        await answer.WriteWholeAsync(held.Head, held.Body, held.Fidelity, mayBeFetched: true);
        answer.Complete();
    }

    /// <summary>The upstream's own error answer, byte for byte unless the client's profile has something better.</summary>
    private static async ValueTask PassOnAsync(
        Exchange exchange, ClientAnswer answer, ClientRequest request, HeldDocument held, Classification verdict)
    {
        var type = held.Type;
        exchange.Flight.UpstreamErred(type ?? $"status_{held.Status}");
        if (answer.IsOpen)
        {
            await answer.Stream.TellAsync(held.Bytes(), ErrorTexts.Of(
                exchange, ErrorCodes.UpstreamProtocol, $"The upstream answered with status {held.Status}."));
            return;
        }

        var upstreams = new ToldFailure(held.Status, type, type, verdict.RetryAfter);
        var told = Adjusted(exchange, request, upstreams, verdict);
        if (told == upstreams)
        {
            await answer.WriteWholeAsync(held.Head, held.Body, held.Fidelity);
            return;
        }

        var body = ErrorRewriting.With(held.Bytes(), told);
        var head = held.Head with
        {
            Status = told.Status,
            UpstreamStatus = held.Status,
            RetryAfter = told.RetryAfter,
            KeepsBody = body is null,
        };
        await answer.WriteWholeAsync(
            head, body is null ? held.Body : new ReadOnlySequence<byte>(body), body is null ? held.Fidelity : Wire.Fidelity.Repaired);
    }

    private static ToldFailure Adjusted(Exchange exchange, ClientRequest request, ToldFailure told, Classification verdict) =>
        exchange.Setup.AdjustsErrors
            ? request.Client.Known.Adjust(told, verdict)
            : told;
}
