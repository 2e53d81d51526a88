using System.Runtime.CompilerServices;
using Holdfast.Answers;
using Holdfast.Observability;
using Holdfast.Recording.Records;
using Holdfast.Upstreams;
using Holdfast.Vigils;
using Holdfast.Wire.Errors;

namespace Holdfast.Attempts;

/// <summary>Sends the request of an attempt and waits for the head of its answer, the client kept alive meanwhile. The only
/// repeat it makes by itself is the one for a reused connection that had died unused.</summary>
internal sealed class Dispatch(GatewayMetrics metrics, ILogger<Dispatch> logger)
{
    /// <summary>Null once the head is there, or how the attempt ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptResult?> SendAsync(Attempt attempt)
    {
        var (answer, flight, vigil) = (attempt.Answer, attempt.Exchange.Flight, attempt.Vigil);
        var upstream = attempt.Choice.Upstream;
        for (var isRepeat = false; ; isRepeat = true)
        {
            using var message = MessageFor(attempt);
            attempt.Trace = message.Trace;
            answer.Advance(Phase.Undispatched);
#pragma warning disable CA2012 // The rule cannot follow it: the value is taken once, here or in GiveUpAsync.
            var send = isRepeat
                ? upstream.SendFreshAsync(message, vigil.GivenUp)
                : upstream.SendAsync(message, vigil.GivenUp);
            if (!send.IsCompleted && await vigil.UntilAsync(send) is var alarm and not Alarm.None)
            {
                return await GiveUpAsync(send, alarm, attempt);
            }
#pragma warning restore CA2012

            try
            {
                var response = attempt.Response = await send;
                flight.HeadCame((int)response.StatusCode, RequestIdOf(response));
                flight.Connected(attempt.Trace);
                LetGoOf(message, attempt);
                answer.Advance(Phase.Held);
                return null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                var failure = UpstreamFailure.From(e, attempt.Trace);
                var mayRepeat = !isRepeat && upstream.MayRepeatStale(attempt.Trace, failure);
                flight.Connected(attempt.Trace, isRepeated: mayRepeat);
                if (mayRepeat)
                {
                    metrics.StaleRepeat(upstream.Name);
                    logger.RepeatedStale(upstream.Name, attempt.Exchange.ExchangeId);
                    continue;
                }

                if (attempt.Trace.LastRequestByteAt != 0)
                {
                    flight.ClosedBy(Side.Upstream);
                }

                return Failed(attempt, failure.Code, failure.Detail);
            }
        }
    }

    private static async ValueTask<AttemptResult> GiveUpAsync(
        ValueTask<HttpResponseMessage> send, Alarm alarm, Attempt attempt)
    {
        await attempt.Vigil.AbandonAsync(send);
        try
        {
            (await send).Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Given up by ourselves: whatever it says now says nothing.
        }

        attempt.Exchange.Flight.Connected(attempt.Trace);
        if (alarm == Alarm.ClientGone)
        {
            attempt.Exchange.Flight.ClientLeft();
            return AttemptResult.Answered.Value;
        }

        return Failed(attempt, alarm switch
        {
            Alarm.Stopping => ErrorCodes.GatewayStopped,
            Alarm.Overtime => ErrorCodes.TotalTimeout,
            _ => attempt.Request.WantsStream ? ErrorCodes.FirstByteTimeout : ErrorCodes.RequestTimeout,
        }, null);
    }

    private static AttemptResult.Failed Failed(Attempt attempt, ErrorCode code, string? detail)
    {
        if (attempt.Trace.MayHaveSent)
        {
            attempt.Answer.Advance(Phase.Dispatched);
        }

        return new(attempt.Exchange.Phase, code, detail);
    }

    /// <summary>The answer holds on to its request for as long as the stream lasts; it needs it no more.</summary>
    private static void LetGoOf(HttpRequestMessage message, Attempt attempt)
    {
        message.Headers.Clear();
        if (message.Content is RequestContent { IsSent: true } sent)
        {
            // Nobody else disposes what the message has no more.
            sent.Dispose();
            message.Content = null;

            // A whole answer is soon there; until then its turn is told by the body.
            if (!attempt.HoldsBack && attempt.Request.WantsStream && attempt.Response.IsSuccessStatusCode)
            {
                attempt.Request.ReleaseBody();
            }
        }
    }

    private static UpstreamRequest MessageFor(Attempt attempt)
    {
        var (request, candidate, passage) = (attempt.Request, attempt.Choice.Candidate, attempt.Passage);
        var message = new UpstreamRequest(
            HttpMethod.Parse(request.Http.Method), candidate.Upstream.Target(passage.Target(request.Path, candidate.Model)))
        {
            MayDialAgain = !attempt.HasAlternative,
        };
        if (request.HasBody)
        {
            message.Content = new RequestContent(
                request.Memory, passage.Body(request.Body, request.ModelAt, candidate.Model));
        }

        EndToEndHeaders.CopyTo(message, request.Http, asksForIdentity: request.WantsStream);
        attempt.Choice.Credential.ApplyTo(message);
        return message;
    }

    private static string? RequestIdOf(HttpResponseMessage response)
    {
        foreach (var name in (ReadOnlySpan<string>)["request-id", "x-request-id", "apim-request-id"])
        {
            if (response.Headers.NonValidated.TryGetValues(name, out var value))
            {
                return value.ToString();
            }
        }

        return null;
    }
}
