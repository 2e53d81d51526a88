using System.Buffers;
using System.Runtime.CompilerServices;
using Holdfast.Configuration;
using Holdfast.Failover;
using Holdfast.Hosting;
using Holdfast.Recording.Records;
using Holdfast.Routing;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Microsoft.Extensions.ObjectPool;

namespace Holdfast.Proxy;

/// <summary>A vigil on loan for one exchange.</summary>
internal readonly struct Watch(Vigil vigil, ObjectPool<Vigil> pool) : IDisposable
{
    public Vigil Vigil => vigil;

    public void Dispose() => pool.Return(vigil);
}

/// <summary>
/// Runs the attempts of an exchange, one at a time: dispatch, await the answer's head, relay. The only repeat it makes by
/// itself is the one for a reused connection that had died unused (D24). Owns the upstream's answer while it lasts.
/// </summary>
internal sealed class AttemptRunner(HoldfastOptions options, ExchangeTools tools, SilenceBreaker silence, Drain drain)
    : IDisposable
{
    private readonly ObjectPool<Vigil> _vigils = VigilPool.Create(tools.Time, drain.Forced);

    /// <summary>Begins to watch over an exchange; disposing the watch ends it.</summary>
    public Watch Watch(ClientRequest request, Exchange exchange)
    {
        var vigil = _vigils.Get();
        vigil.Begin(options.Timeouts.Total, exchange.Http.RequestAborted);
        silence.Begin(request, exchange, vigil);
        return new(vigil, _vigils);
    }

    /// <summary>Runs one attempt to its end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptResult> RunAsync(Attempt attempt)
    {
        var upstream = attempt.Choice.Upstream;
        attempt.Vigil.BeginAttempt();
        attempt.Exchange.BeginAttempt(attempt.Choice);
        attempt.Vigil.UpstreamSilence.Start(
            attempt.Request.WantsStream ? attempt.Timeouts.FirstByte : attempt.Timeouts.Request);

        var ended = await DispatchAsync(attempt);
        tools.Metrics.AttemptEnded(upstream.Name, ended is null ? "answered" : ResultOf(ended));
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
            if (ended is not AttemptResult.Failed { Answer: not null })
            {
                attempt.Response.Dispose();
            }
        }
    }

    /// <summary>Lets time pass between two attempts, the client kept alive; what ended the wait before its time, if
    /// something did.</summary>
    public async ValueTask<Alarm> WaitAsync(ClientRequest request, Exchange exchange, Vigil vigil, TimeSpan delay)
    {
        vigil.UpstreamSilence.Start(delay);
        while (true)
        {
            var alarm = vigil.Due();
            if (alarm == Alarm.None)
            {
                await vigil.WaitAsync();
            }
            else if (alarm == Alarm.ClientSilent)
            {
                await silence.BreakAsync(request, exchange, vigil);
            }
            else
            {
                vigil.UpstreamSilence.Stop();
                return alarm == Alarm.UpstreamSilent ? Alarm.None : alarm;
            }
        }
    }

    public void Dispose() => (_vigils as IDisposable)?.Dispose();

    /// <summary>Sends the request and waits for the head of the answer, keeping the client's side alive; null once it is
    /// there, or how the attempt ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptResult?> DispatchAsync(Attempt attempt)
    {
        var (request, exchange, _, vigil) = attempt;
        var upstream = attempt.Choice.Upstream;
        for (var isRepeat = false; ; isRepeat = true)
        {
            using var message = MessageFor(attempt);
            attempt.Trace = message.Trace;
            exchange.AdvanceTo(Phase.Dispatched);
#pragma warning disable CA2012 // The rule cannot follow it: the value is taken once, here or in GiveUpAsync.
            var send = isRepeat
                ? upstream.SendFreshAsync(message, vigil.GivenUp)
                : upstream.SendAsync(message, vigil.GivenUp);
#pragma warning restore CA2012
            if (!send.IsCompleted)
            {
                // Only wakes the loop, which looks for itself.
                send.GetAwaiter().UnsafeOnCompleted(vigil.Resume);
            }

            while (!send.IsCompleted)
            {
                switch (vigil.Due())
                {
                    case Alarm.None:
                        await vigil.WaitAsync();
                        break;
                    case Alarm.ClientSilent:
                        await silence.BreakAsync(request, exchange, vigil);
                        break;
                    case var alarm:
                        return await GiveUpAsync(send, alarm, attempt);
                }
            }

            try
            {
                var response = attempt.Response = await send;
                exchange.NoteHead((int)response.StatusCode, RequestIdOf(response));
                exchange.NoteConnection(attempt.Trace);
                LetGoOf(message, attempt);
                exchange.AdvanceTo(Phase.Held);
                return null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                exchange.NoteConnection(attempt.Trace);
                var failure = UpstreamFailure.From(e, attempt.Trace);
                if (!isRepeat && upstream.MayRepeatStale(attempt.Trace, failure))
                {
                    exchange.Record.StaleRepeat = true;
                    tools.Metrics.StaleRepeat(upstream.Name);
                    tools.Logger.RepeatedStale(upstream.Name, exchange.ExchangeId);
                    continue;
                }

                exchange.Record.ClosedFirst ??= attempt.Trace.LastRequestByteAt != 0 ? Side.Upstream : null;
                return Failed(exchange, failure.Code, failure.Detail);
            }
        }
    }

    private static async Task<AttemptResult> GiveUpAsync(
        ValueTask<HttpResponseMessage> send, Alarm alarm, Attempt attempt)
    {
        var exchange = attempt.Exchange;
        await attempt.Vigil.GiveUpAsync();
        while (!send.IsCompleted)
        {
            // It takes one continuation only, and has one: what wakes the loop.
            await attempt.Vigil.WaitAsync();
        }

        try
        {
            (await send).Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Given up by ourselves: whatever it says now says nothing.
        }

        exchange.NoteConnection(attempt.Trace);
        if (alarm == Alarm.ClientGone)
        {
            exchange.NoteClientGone();
            return AttemptResult.Answered.Value;
        }

        return Failed(exchange, alarm switch
        {
            Alarm.Stopping => ErrorCodes.GatewayStopped,
            Alarm.Overtime => ErrorCodes.TotalTimeout,
            _ => attempt.Request.WantsStream ? ErrorCodes.FirstByteTimeout : ErrorCodes.RequestTimeout,
        }, null);
    }

    private async ValueTask<AttemptResult> RelayAsync(Attempt attempt)
    {
        var (request, response) = (attempt.Request, attempt.Response);
        if ((int)response.StatusCode < StatusCodes.Status200OK)
        {
            return Failed(attempt.Exchange, ErrorCodes.UpstreamProtocol, "The upstream switched protocols, which nobody asked for.");
        }

        var source = await response.Content.ReadAsStreamAsync(attempt.Vigil.GivenUp);
        var layers = ContentDecoding.LayersOf(response);
        var isEvents = response.IsSuccessStatusCode && IsEventStream(response)
            && (layers.Count == 0 || request.WantsStream || request.Path.StreamsKnownEvents);
        var isDecoded = layers.Count > 0 && (isEvents || request.WantsStream);
        if (isDecoded)
        {
            if (ContentDecoding.Undo(source, layers) is not { } plain)
            {
                return Failed(attempt.Exchange, ErrorCodes.StreamGarbled,
                    $"The answer comes in an encoding nobody asked for: {string.Join(", ", layers)}.");
            }

            source = plain;
            response.Content.Headers.Remove("content-encoding");
            response.Content.Headers.Remove("content-length");
        }

        var body = new UpstreamBody(source, attempt, silence)
        {
            SilenceCode = request.WantsStream ? ErrorCodes.FirstByteTimeout : ErrorCodes.RequestTimeout,
        };
        var isArray = request.Path.StreamsAsArray && response.IsSuccessStatusCode && !isEvents;
        if (isEvents || isArray)
        {
            return await RelayStreamAsync(attempt, body, isArray, isDecoded);
        }

        using var whole = new WholeRelay(attempt, body, tools.Time) { IsRepaired = isDecoded };
        if (await whole.BeginAsync() is { } failed)
        {
            return failed;
        }

        return request.WantsStream && response.IsSuccessStatusCode && whole.LooksLikeEvents
            ? await RelayStreamAsync(attempt, body, isArray, isDecoded, whole.Held.Bytes.ToArray())
            : await whole.RunAsync();
    }

    private async Task<AttemptResult> RelayStreamAsync(
        Attempt attempt, UpstreamBody body, bool isArray, bool isDecoded, ReadOnlyMemory<byte> prefix = default)
    {
        var (request, exchange, _, _) = attempt;
        var answer = exchange.Stream ??= silence.AnswerFor(request, exchange, isArray);
        tools.Metrics.StreamOpened();
        try
        {
            // What is held back may never be sent: then the client's side must not have seen it either.
            var follower = attempt.HoldsBack ? SilenceBreaker.FollowerFor(request, exchange, isArray) : answer.Follower;
            return await new StreamRelay(attempt, answer, follower, body, silence) { IsRepaired = isDecoded }.RunAsync(prefix);
        }
        finally
        {
            tools.Metrics.StreamEnded();
            if (answer.IsRepaired)
            {
                tools.Metrics.Repaired(exchange.Record.Protocol, exchange.Record.Upstream);
            }
        }
    }

    /// <summary>The answer holds on to its request for as long as the stream lasts; it needs it no more.</summary>
    private static void LetGoOf(HttpRequestMessage message, Attempt attempt)
    {
        message.Headers.Clear();
        if (message.Content is RequestContent { IsSent: true })
        {
            message.Content = null;
            attempt.IsBodySent = true;
            // A whole answer is soon there; until then its turn is told by the body.
            if (!attempt.HoldsBack && attempt.Request.WantsStream && attempt.Response.IsSuccessStatusCode)
            {
                attempt.ReleaseBody();
            }
        }
    }

    private static UpstreamRequest MessageFor(Attempt attempt)
    {
        var (request, candidate) = (attempt.Request, attempt.Choice.Candidate);
        var message = new UpstreamRequest(HttpMethod.Parse(request.Http.Method),
            candidate.Upstream.Target(request.TargetFor(candidate.Model)))
        {
            MayDialAgain = !attempt.HasAlternative,
        };
        if (request.HasBody)
        {
            message.Content = request.ContentFor(candidate.Model);
        }

        AnswerHeaders.CopyTo(message, request.Http, asksForIdentity: request.WantsStream);
        attempt.Choice.Credential.ApplyTo(message);
        return message;
    }

    private static AttemptResult.Failed Failed(Exchange exchange, ErrorCode code, string? detail) =>
        new(exchange.Phase, code, detail);

    private static string ResultOf(AttemptResult result) =>
        result is AttemptResult.Failed failed ? failed.Code.Name : "client_aborted";

    private static bool IsEventStream(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("content-type", out var type)
        && type.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

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
