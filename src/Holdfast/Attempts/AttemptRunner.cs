using System.Runtime.CompilerServices;
using Holdfast.Answers;
using Holdfast.Exchanges;
using Holdfast.Observability;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Bytes;
using Holdfast.Wire.Errors;

namespace Holdfast.Attempts;

/// <summary>Runs the attempts of an exchange, one at a time: dispatch, then whatever relay the answer needs. Owns the upstream's
/// answer while it lasts.</summary>
internal sealed class AttemptRunner(Dispatch dispatch, VigilPool vigils, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>Begins to watch over an exchange; disposing what is returned ends it.</summary>
    public VigilPool.Loan Watch(Exchange exchange, ClientAnswer answer)
    {
        var loan = vigils.Lend();
        loan.Vigil.Begin(exchange.Setup.Timeouts.Total, answer, exchange, exchange.Http.RequestAborted);
        return loan;
    }

    /// <summary>Runs one attempt to its end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptResult> RunAsync(Attempt attempt)
    {
        attempt.Vigil.BeginAttempt();
        attempt.Exchange.Turn.Server = (attempt.Choice.Upstream.Name, attempt.Choice.Candidate.Model);
        attempt.Exchange.Flight.AttemptBegan(attempt.Choice);
        attempt.Vigil.UpstreamSilence.Start(
            attempt.Request.WantsStream ? attempt.Timeouts.FirstByte : attempt.Timeouts.Request);

        var ended = await dispatch.SendAsync(attempt);
        metrics.AttemptEnded(attempt.Choice.Upstream.Name, ended is null ? "answered" : ResultOf(ended));
        if (ended is not null)
        {
            return ended;
        }

        try
        {
            return ended = await RelayAsync(attempt);
        }
        finally
        {
            if (ended is not AttemptResult.Failed { Held: HeldDocument })
            {
                // Of held events nobody needs more than their head: whoever sent them is let go.
                attempt.Response.Dispose();
            }
        }
    }

    private async ValueTask<AttemptResult> RelayAsync(Attempt attempt)
    {
        var (request, response) = (attempt.Request, attempt.Response);
        if ((int)response.StatusCode < StatusCodes.Status200OK)
        {
            return new AttemptResult.Failed(attempt.Exchange.Phase, ErrorCodes.UpstreamProtocol,
                "The upstream switched protocols, which nobody asked for.");
        }

        var body = await response.Content.ReadAsStreamAsync(attempt.Vigil.GivenUp);
        var layers = LayersOf(response);
        var isEvents = response.IsSuccessStatusCode && IsEventStream(response)
            && (layers.Count == 0 || request.WantsStream || request.Path.StreamsKnownEvents);
        var isDecoded = layers.Count > 0 && (isEvents || request.WantsStream);
        if (isDecoded)
        {
            if (ContentCoding.Undo(body, layers) is not { } plain)
            {
                return new AttemptResult.Failed(attempt.Exchange.Phase, ErrorCodes.StreamGarbled,
                    $"The answer comes in an encoding nobody asked for: {string.Join(", ", layers)}.");
            }

            body = plain;
            response.Content.Headers.Remove("content-encoding");
            response.Content.Headers.Remove("content-length");
        }

        var source = new UpstreamSource(body, attempt.Trace, attempt.Exchange.Flight, attempt.Vigil)
        {
            SilenceCode = request.WantsStream ? ErrorCodes.FirstByteTimeout : ErrorCodes.RequestTimeout,
        };
        var isArray = request.Path.StreamsAsArray && response.IsSuccessStatusCode && !isEvents;
        if (isEvents || isArray)
        {
            return await RelayStreamAsync(attempt, source, isArray, isDecoded);
        }

        using var whole = new WholeRelay(attempt, source, time) { IsRepaired = isDecoded };
        if (await whole.BeginAsync() is { } failed)
        {
            return failed;
        }

        return request.WantsStream && response.IsSuccessStatusCode && whole.LooksLikeEvents
            ? await RelayStreamAsync(attempt, source, isArray, isDecoded, whole.Held)
            : await whole.RunAsync();
    }

    private async ValueTask<AttemptResult> RelayStreamAsync(
        Attempt attempt, AnswerSource source, bool isArray, bool isDecoded, PooledBytes? beginning = null)
    {
        var (request, exchange, answer) = (attempt.Request, attempt.Exchange, attempt.Answer);
        var passage = attempt.Passage.Stream(request.Path, answer.ContextOf(request, isArray), attempt.ReplacesModel);
        if (isDecoded)
        {
            passage.MarkRepaired();
        }

        answer.Stream.Expect(
            AnswerHead.OfStream(attempt.Response, passage.Client.Framing), passage, attempt.HoldsBack);
        metrics.StreamOpened();
        try
        {
            return await new StreamRelay(source, passage, answer, exchange, attempt.Vigil)
            {
                StallAfter = attempt.Timeouts.StallAfter,
                Committed = attempt.HoldsBack ? request.ReleaseBody : null,
                Response = attempt.Response,
            }.RunAsync(beginning);
        }
        finally
        {
            metrics.StreamEnded();
            if (passage.IsRepaired)
            {
                metrics.Repaired(exchange.Flight.Record.Protocol, exchange.Flight.Record.Upstream);
            }
        }
    }

    private static IReadOnlyList<string> LayersOf(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("content-encoding", out var codings)
            ? ContentCoding.LayersOf(codings.ToString())
            : [];

    private static bool IsEventStream(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("content-type", out var type)
        && type.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static string ResultOf(AttemptResult result) =>
        result is AttemptResult.Failed failed ? failed.Code.Name : "client_aborted";
}
