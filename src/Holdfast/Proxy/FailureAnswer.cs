using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Configuration;
using Holdfast.Failover;
using Holdfast.Hosting;
using Holdfast.Recording.Records;
using Holdfast.Routing;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>
/// Tells the client of a failure that could not be absorbed: the upstream's own answer as it is, one error that names every
/// candidate, or our own words where nobody answered. To known clients in the form that makes their own retries help.
/// </summary>
internal sealed class FailureAnswer(HoldfastOptions options, ErrorAnswer errors)
{
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Ends the exchange with its last failure; with a refusal, where nobody was asked.</summary>
    public async Task TellAsync(Exchange exchange, ClientRequest request, RoutePlan plan)
    {
        if (exchange.LastFailure is not { } failed)
        {
            await TellNobodyAskedAsync(exchange, plan);
            return;
        }

        var answer = failed.Answer;
        var last = plan.Failures[^1];
        if (plan.CandidatesFailed > 1 && last.Verdict.MayFallBack)
        {
            await TellOfAllAsync(exchange, request, plan, failed);
        }
        else if (answer is null)
        {
            await errors.FailAsync(exchange, failed);
        }
        else if (answer.IsHtml)
        {
            await TellOfPageAsync(exchange, request, answer, last.Verdict);
        }
        else
        {
            await PassOnAsync(exchange, request, answer, last.Verdict);
        }
    }

    /// <summary>Everybody is spared for longer than the client can wait.</summary>
    private static Task TellNobodyAskedAsync(Exchange exchange, RoutePlan plan)
    {
        var spared = plan.Spared();
        var status = spared.All(one => one.Health.IsLimit) ? StatusCodes.Status429TooManyRequests : ErrorCodes.AllCandidatesSpared.Status;
        var list = string.Join(" | ", spared.Select(one => string.Create(CultureInfo.InvariantCulture,
            $"{one.Choice.Candidate}: {one.Health.Reason.Word()} until {one.Health.Until:yyyy-MM-dd HH:mm:ss}Z")));
        var error = exchange.ErrorOf(ErrorCodes.AllCandidatesSpared, $"No candidate can be asked now: {list}") with
        {
            Status = status,
            RetryAfter = spared.Min(one => one.Health.Until) - exchange.Now,
        };
        exchange.NoteFailure(ErrorCodes.AllCandidatesSpared, null);
        return ErrorAnswer.SendAsync(exchange, error, status);
    }

    /// <summary>One error for all: who was asked, and why each did not answer (R110). The status is the last one's (D29).</summary>
    private async Task TellOfAllAsync(
        Exchange exchange, ClientRequest request, RoutePlan plan, AttemptResult.Failed failed)
    {
        var last = plan.Failures[^1];
        var status = last.Failure.Status ?? failed.Code.Status;
        var wait = status is 429 or 503 or 529 ? plan.EarliestReset ?? last.Verdict.RetryAfter : null;
        var told = Adjusted(request, new(status, null, null, wait), last.Verdict);
        var list = string.Join(" | ", plan.Failures.Select(one =>
            $"{one.Choice.Candidate}: {one.Failure.Status?.ToString(CultureInfo.InvariantCulture) ?? one.Verdict.Kind} ({one.Verdict.Reason.Word()})"));
        var error = exchange.ErrorOf(ErrorCodes.AllCandidatesFailed,
            $"All candidates failed ({plan.CandidatesFailed}): {list}") with
        {
            Status = told.Status,
            RetryAfter = told.RetryAfter,
        };
        exchange.NoteFailure(ErrorCodes.AllCandidatesFailed, failed.Detail, failed.Cause);
        if (exchange.Stream is { IsOpen: true } stream)
        {
            await stream.EndWithErrorAsync(error);
            return;
        }

        ErrorAnswer.ClearHead(exchange);
        NoteUpstreamStatus(exchange, status, told.Status);
        await ErrorAnswer.SendAsync(exchange, error, told.Status);
    }

    /// <summary>A page is for people: the client gets its status, and what it is called (D17).</summary>
    private async Task TellOfPageAsync(
        Exchange exchange, ClientRequest request, UpstreamAnswer page, Classification verdict)
    {
        var isClaimedSuccess = page.Status < StatusCodes.Status400BadRequest;
        var upstreams = new ToldFailure(
            isClaimedSuccess ? ErrorCodes.UpstreamHtml.Status : page.Status, null, null, verdict.RetryAfter);
        var told = Adjusted(request, upstreams, verdict);
        var error = exchange.ErrorOf(ErrorCodes.UpstreamHtml,
            $"The upstream answered with an HTML page (status {page.Status}){HtmlPage.TitleOf(page.Body)}.");
        exchange.NoteFailure(ErrorCodes.UpstreamHtml, null);
        if (exchange.Stream is { IsOpen: true } stream)
        {
            await stream.EndWithErrorAsync(error);
            return;
        }

        ErrorAnswer.ClearHead(exchange);
        if (page.HeaderOf("retry-after") is { } retryAfter)
        {
            exchange.Http.Response.Headers.RetryAfter = retryAfter;
        }

        if (told != upstreams)
        {
            ErrorAnswer.SetRetryAfter(exchange.Http.Response, told.RetryAfter);
            NoteUpstreamStatus(exchange, page.Status, told.Status);
        }

        await ErrorAnswer.SendAsync(exchange, error, told.Status);
    }

    /// <summary>The upstream's own answer, byte for byte unless the client's profile has something better (R45).</summary>
    private async Task PassOnAsync(
        Exchange exchange, ClientRequest request, UpstreamAnswer answer, Classification verdict)
    {
        var type = answer.Type;
        exchange.NoteUpstreamError(type ?? $"status_{answer.Status}");
        if (exchange.Stream is { IsOpen: true } stream)
        {
            await stream.EndWithUpstreamErrorAsync(answer.Bytes(), exchange.ErrorOf(ErrorCodes.UpstreamProtocol,
                $"The upstream answered with status {answer.Status}."));
            return;
        }

        var upstreams = new ToldFailure(answer.Status, type, type, verdict.RetryAfter);
        var told = Adjusted(request, upstreams, verdict);
        var body = told == upstreams ? null : Rewritten(answer.Bytes(), told);
        var response = exchange.Http.Response;
        ErrorAnswer.ClearHead(exchange);
        response.StatusCode = told.Status;
        AnswerHeaders.CopyTo(answer.Response, response.Headers, keepsBody: body is null);
        if (told != upstreams)
        {
            ErrorAnswer.SetRetryAfter(exchange.Http.Response, told.RetryAfter);
            NoteUpstreamStatus(exchange, answer.Status, told.Status);
        }

        exchange.StampAnswer(exchange.FidelityOf(answer.IsRepaired || body is not null));
        exchange.Phase = Phase.Committed;
        await WriteAsync(exchange, body is null ? answer.Body : new(body));
    }

    /// <summary>Sends a body whose head is set already.</summary>
    private static async ValueTask WriteAsync(Exchange exchange, ReadOnlySequence<byte> body)
    {
        if (body.IsEmpty)
        {
            // Not even an empty write: some statuses take none.
            return;
        }

        exchange.Http.Response.ContentLength = body.Length;
        exchange.Record.ResponseBytes += body.Length;
        foreach (var part in body)
        {
            await exchange.Http.Response.BodyWriter.WriteAsync(part);
        }
    }

    private ToldFailure Adjusted(ClientRequest request, ToldFailure told, Classification verdict) =>
        options.Errors == "verbatim"
            ? told
            : ClientProfiles.Adjust(request.Client.IsCodex ? "codex" : request.Client.Name, told, verdict);

    /// <summary>The error document with another type or code; null where nothing in it changes or can be.</summary>
    private static byte[]? Rewritten(byte[] body, ToldFailure told)
    {
        if (told.Type is null && told.Code is null)
        {
            return null;
        }

        try
        {
            if (JsonNode.Parse(body) is JsonObject document && document["error"] is JsonObject error)
            {
                error["type"] = told.Type ?? error["type"]?.DeepClone();
                error["code"] = told.Code ?? error["code"]?.DeepClone();
                if (error["code"] is null)
                {
                    error.Remove("code");
                }

                return JsonSerializer.SerializeToUtf8Bytes(document, AsWritten);
            }
        }
        catch (JsonException)
        {
            // What is no document cannot be rewritten.
        }

        return null;
    }

    private static void NoteUpstreamStatus(Exchange exchange, int upstreams, int told)
    {
        if (upstreams != told)
        {
            exchange.Http.Response.Headers["holdfast-upstream-status"] = upstreams.ToString(CultureInfo.InvariantCulture);
        }
    }
}
