using Holdfast.Configuration;
using Holdfast.Failover;
using Holdfast.Hosting;
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
internal sealed class AttemptRunner(HoldfastOptions options, ExchangeTools tools, Drain drain) : IDisposable
{
    private readonly ObjectPool<Vigil> _vigils = VigilPool.Create(tools.Time, drain.Forced);

    /// <summary>Begins to watch over an exchange; disposing the watch ends it.</summary>
    public Watch Watch(ClientRequest request, Exchange exchange)
    {
        var vigil = _vigils.Get();
        vigil.Begin(options.Timeouts.Total, exchange.Http.RequestAborted);
        vigil.ClientSilence.Start(request.CanBeOpenedEarly ? OpenEarlyAfter(request, exchange) : options.Streaming.KeepAliveAfter);
        if (request.CanBeOpenedEarly)
        {
            exchange.Stream = new StreamAnswer(exchange, FollowerFor(request, exchange), FormFor(request.Path.Protocol));
        }

        return new(vigil, _vigils);
    }

    /// <summary>Runs one attempt to its end.</summary>
    public async Task<AttemptResult> RunAsync(Attempt attempt)
    {
        var upstream = attempt.Choice.Upstream;
        attempt.Vigil.BeginAttempt();
        attempt.Exchange.BeginAttempt(attempt.Choice);
        attempt.Vigil.UpstreamSilence.Start(
            attempt.Request.WantsStream ? attempt.Timeouts.FirstByte : attempt.Timeouts.Request);

        var (response, trace, failed) = await DispatchAsync(attempt);
        tools.Metrics.AttemptEnded(upstream.Name, failed is null ? "answered" : ResultOf(failed));
        if (failed is not null)
        {
            return failed;
        }

        AttemptResult? result = null;
        try
        {
            return result = await RelayAsync(response!, trace, attempt);
        }
        finally
        {
            if (result is not AttemptResult.Failed { Answer: not null })
            {
                response!.Dispose();
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
                await BreakSilenceAsync(exchange, vigil, request);
            }
            else
            {
                vigil.UpstreamSilence.Stop();
                return alarm == Alarm.UpstreamSilent ? Alarm.None : alarm;
            }
        }
    }

    public void Dispose() => (_vigils as IDisposable)?.Dispose();

    /// <summary>Codex waits 900 s for headers, but only 300 s for events, and blank lines do not count: on loopback,
    /// where no middlebox counts the silence, it is better left waiting (D12).</summary>
    private static TimeSpan OpenEarlyAfter(ClientRequest request, Exchange exchange)
    {
        if (exchange.Timeouts?.OpenEarlyAfter is { } configured)
        {
            return configured;
        }

        var isLocal = Loopback.IsLoopbackClient(request.Http.HttpContext);
        if (isLocal && request.Client.IsCodex)
        {
            return Timeout.InfiniteTimeSpan;
        }

        // A client that says it will not wait that long is opened while it still waits.
        var usual = TimeSpan.FromSeconds(isLocal ? 45 : 20);
        return request.Client.Patience * 2 / 3 is { } early && early < usual ? early : usual;
    }

    private async Task<(HttpResponseMessage?, ConnectionTrace, AttemptResult?)> DispatchAsync(Attempt attempt)
    {
        var (request, exchange, _, vigil) = attempt;
        var upstream = attempt.Choice.Upstream;
        for (var isRepeat = false; ; isRepeat = true)
        {
            using var message = MessageFor(attempt);
            var trace = message.Trace;
            exchange.AdvanceTo(Phase.Dispatched);
            var send = isRepeat
                ? upstream.SendFreshAsync(message, vigil.GivenUp)
                : upstream.SendAsync(message, vigil.GivenUp);
            try
            {
                if (await WaitForHeadAsync(send, exchange, vigil, request) is { } alarm and not Alarm.None)
                {
                    return (null, trace, await GiveUpAsync(send, alarm, attempt, trace));
                }

                var response = await send;
                exchange.Record.HeadersMs = exchange.ElapsedMs;
                exchange.Record.UpstreamStatus = (int)response.StatusCode;
                exchange.Record.UpstreamRequestId = RequestIdOf(response);
                exchange.UpstreamHeard();
                exchange.NoteConnection(trace);

                LetGoOf(message, attempt, response);
                exchange.AdvanceTo(Phase.Held);
                return (response, trace, null);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                exchange.NoteConnection(trace);
                var failure = UpstreamFailure.From(e, trace);
                if (!isRepeat && upstream.MayRepeatStale(trace, failure))
                {
                    exchange.Record.StaleRepeat = true;
                    tools.Metrics.StaleRepeat(upstream.Name);
                    tools.Logger.RepeatedStale(upstream.Name, exchange.ExchangeId);
                    continue;
                }

                exchange.Record.ClosedFirst ??= trace.LastRequestByteAt != 0 ? "upstream" : null;
                return (null, trace, Failed(exchange, failure.Code, failure.Detail));
            }
        }
    }

    /// <summary>Waits for the answer's head, keeping the client's side alive; the alarm that ended the wait, if one did.</summary>
    private async Task<Alarm> WaitForHeadAsync(Task send, Exchange exchange, Vigil vigil, ClientRequest request)
    {
        if (!send.IsCompleted)
        {
            send.GetAwaiter().UnsafeOnCompleted(vigil.Resume);
        }

        while (!send.IsCompleted)
        {
            var alarm = vigil.Due();
            if (alarm == Alarm.None)
            {
                await vigil.WaitAsync();
            }
            else if (alarm == Alarm.ClientSilent)
            {
                await BreakSilenceAsync(exchange, vigil, request);
            }
            else
            {
                return alarm;
            }
        }

        return Alarm.None;
    }

    private async ValueTask BreakSilenceAsync(Exchange exchange, Vigil vigil, ClientRequest request)
    {
        // A JSON array is not opened early: once it is, a failure could no longer be told at all (D20).
        if (exchange.Stream is not { } stream || (!stream.IsOpen && !stream.Follower.CanTellErrors))
        {
            // A whole answer: an interim response for those who take it, else TCP keep-alive has to do (D31).
            if (InterimPolicy.Accepts(request.Http))
            {
                await InterimResponses.TrySendAsync(request.Http.HttpContext, CancellationToken.None);
            }

            vigil.ClientSilence.Restart();
            return;
        }

        if (!stream.IsOpen)
        {
            stream.OpenEarly();
            tools.Metrics.OpenedEarly(exchange.Record.Protocol, exchange.Record.Upstream);
        }

        if (options.Streaming.KeepAliveAfter == Timeout.InfiniteTimeSpan)
        {
            // No keepalives are wanted; but a client that waits for its headers is to have them.
            await stream.FlushAsync();
        }
        else
        {
            stream.KeepAlive();
        }

        vigil.ClientSilence.Start(options.Streaming.KeepAliveAfter);
    }

    private static async Task<AttemptResult> GiveUpAsync(
        Task<HttpResponseMessage> send, Alarm alarm, Attempt attempt, ConnectionTrace trace)
    {
        var exchange = attempt.Exchange;
        await attempt.Vigil.GiveUpAsync();
        try
        {
            (await send).Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Given up by ourselves: whatever it says now says nothing.
        }

        exchange.NoteConnection(trace);
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

    private async ValueTask<AttemptResult> RelayAsync(
        HttpResponseMessage response, ConnectionTrace trace, Attempt attempt)
    {
        var (request, exchange, _, vigil) = attempt;
        if ((int)response.StatusCode < StatusCodes.Status200OK)
        {
            return Failed(exchange, ErrorCodes.UpstreamProtocol, "The upstream switched protocols, which nobody asked for.");
        }

        var source = await response.Content.ReadAsStreamAsync(vigil.GivenUp);
        var layers = ContentDecoding.LayersOf(response);
        var isEvents = response.IsSuccessStatusCode && IsEventStream(response)
            && (layers.Count == 0 || request.WantsStream || request.Path.StreamsKnownEvents);
        var isDecoded = layers.Count > 0 && (isEvents || request.WantsStream);
        if (isDecoded)
        {
            if (ContentDecoding.Undo(source, layers) is not { } plain)
            {
                return Failed(exchange, ErrorCodes.StreamGarbled,
                    $"The answer comes in an encoding nobody asked for: {string.Join(", ", layers)}.");
            }

            source = plain;
            response.Content.Headers.Remove("content-encoding");
            response.Content.Headers.Remove("content-length");
        }

        var body = new UpstreamBody(source, exchange, vigil, trace)
        {
            SilenceCode = request.WantsStream ? ErrorCodes.FirstByteTimeout : ErrorCodes.RequestTimeout,
            OnClientSilent = () => BreakSilenceAsync(exchange, vigil, request),
        };

        var isArray = request.Path.StreamsAsArray && response.IsSuccessStatusCode && !isEvents;
        if (isEvents || isArray)
        {
            return await StreamAsync(default);
        }

        using var whole = new WholeRelay(attempt, body, response, tools.Time) { IsRepaired = isDecoded };
        if (await whole.BeginAsync() is { } failed)
        {
            return failed;
        }

        if (request.WantsStream && response.IsSuccessStatusCode && whole.LooksLikeEvents)
        {
            return await StreamAsync(System.Buffers.BuffersExtensions.ToArray(whole.Held.Bytes));
        }

        return await whole.RunAsync();

        async Task<AttemptResult> StreamAsync(ReadOnlyMemory<byte> prefix)
        {
            var answer = exchange.Stream ??= new StreamAnswer(exchange,
                FollowerFor(request, exchange, isArray), FormFor(request.Path.Protocol));
            tools.Metrics.StreamOpened();
            try
            {
                // What is held back may never be sent: then the client's side must not have seen it either.
                var follower = attempt.HoldsBack ? FollowerFor(request, exchange, isArray) : answer.Follower;
                var relay = new StreamRelay(attempt, answer, follower, body, response, options.Streaming.KeepAliveAfter)
                {
                    IsRepaired = isDecoded,
                };
                body.OnClientSilent = () =>
                    relay.ReleaseIfDue() ? answer.FlushAsync() : BreakSilenceAsync(exchange, vigil, request);
                return await relay.RunAsync(prefix);
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
    }

    /// <summary>The answer holds on to its request for as long as the stream lasts; it needs it no more.</summary>
    private static void LetGoOf(HttpRequestMessage message, Attempt attempt, HttpResponseMessage response)
    {
        message.Headers.Clear();
        if (message.Content is RequestContent { IsSent: true })
        {
            message.Content = null;
            attempt.IsBodySent = true;
            if (!attempt.HoldsBack && response.IsSuccessStatusCode)
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

    private static StreamFollower FollowerFor(ClientRequest request, Exchange exchange, bool isArray = false) =>
        !request.Path.StreamsKnownEvents ? new OpaqueStream() : request.Path.Protocol.Follow(new StreamContext(request.Model ?? "", exchange.StartedAt.ToUnixTimeSeconds(),
            exchange.ExchangeId, ErrorEventsAsFailed: request.Client.IsCodex, IsArray: isArray));

    private KeepAliveForm FormFor(WireProtocol protocol)
    {
        var forms = options.Streaming.KeepAliveForms;
        return protocol.Name switch
        {
            "anthropic" => forms.Messages,
            "openai-chat" => forms.Chat,
            "openai-responses" => forms.Responses,
            _ => forms.Gemini,
        };
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
