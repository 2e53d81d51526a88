using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Microsoft.Extensions.ObjectPool;

namespace Holdfast.Proxy;

/// <summary>
/// Runs one attempt against one upstream: dispatch, await the answer's head, relay. The only repeat it makes is the one
/// for a reused connection that had died unused (D24). Owns the upstream's answer while it lasts.
/// </summary>
internal sealed class AttemptRunner(HoldfastOptions options, ExchangeTools tools, Drain drain) : IDisposable
{
    private readonly ObjectPool<Vigil> _vigils = VigilPool.Create(tools.Time, drain.Forced);

    /// <summary>Runs the attempt to its end.</summary>
    public async Task<AttemptResult> RunAsync(ClientRequest request, Upstream upstream, Exchange exchange)
    {
        var vigil = _vigils.Get();
        try
        {
            vigil.Begin(options.Timeouts.Total, exchange.Http.RequestAborted);
            exchange.Record.Upstream = upstream.Name;
            exchange.Record.Attempts++;
            StartClocks(vigil, request);
            if (request.CanBeOpenedEarly)
            {
                exchange.Stream ??= new StreamAnswer(
                    exchange, FollowerFor(request, exchange), FormFor(request.Path.Protocol));
            }

            var (response, trace, failed) = await DispatchAsync(request, upstream, exchange, vigil);
            tools.Metrics.AttemptEnded(upstream.Name, failed is null ? "answered" : ResultOf(failed));
            if (failed is not null)
            {
                return failed;
            }

            using (response)
            {
                return await RelayAsync(response!, trace, request, exchange, vigil);
            }
        }
        finally
        {
            _vigils.Return(vigil);
        }
    }

    public void Dispose() => (_vigils as IDisposable)?.Dispose();

    private void StartClocks(Vigil vigil, ClientRequest request)
    {
        vigil.UpstreamSilence.Start(request.WantsStream ? options.Timeouts.FirstByte : options.Timeouts.Request);
        vigil.ClientSilence.Start(request.CanBeOpenedEarly ? OpenEarlyAfter(request) : options.Streaming.KeepAliveAfter);
    }

    /// <summary>Codex waits 900 s for headers, but only 300 s for events, and blank lines do not count: on loopback,
    /// where no middlebox counts the silence, it is better left waiting (D12).</summary>
    private TimeSpan OpenEarlyAfter(ClientRequest request)
    {
        if (options.Streaming.OpenEarlyAfter is { } configured)
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

    private async Task<(HttpResponseMessage?, ConnectionTrace, AttemptResult?)> DispatchAsync(
        ClientRequest request, Upstream upstream, Exchange exchange, Vigil vigil)
    {
        for (var isRepeat = false; ; isRepeat = true)
        {
            using var message = MessageFor(request, upstream);
            var trace = message.Trace;
            exchange.Phase = Phase.Dispatched;
            var send = isRepeat
                ? upstream.SendFreshAsync(message, vigil.GivenUp)
                : upstream.SendAsync(message, vigil.GivenUp);
            try
            {
                if (await WaitForHeadAsync(send, exchange, vigil, request) is { } alarm and not Alarm.None)
                {
                    return (null, trace, await GiveUpAsync(send, alarm, request, exchange, trace, vigil));
                }

                var response = await send;
                exchange.Record.HeadersMs = exchange.ElapsedMs;
                exchange.Record.UpstreamStatus = (int)response.StatusCode;
                exchange.Record.UpstreamRequestId = RequestIdOf(response);
                exchange.UpstreamHeard();
                exchange.NoteConnection(trace);

                LetGoOf(message, request);
                exchange.Phase = exchange.Phase == Phase.Opened ? Phase.Opened : Phase.Held;
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
        Task<HttpResponseMessage> send, Alarm alarm, ClientRequest request, Exchange exchange, ConnectionTrace trace,
        Vigil vigil)
    {
        await vigil.GiveUpAsync();
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
            _ => request.WantsStream ? ErrorCodes.FirstByteTimeout : ErrorCodes.RequestTimeout,
        }, null);
    }

    private async ValueTask<AttemptResult> RelayAsync(
        HttpResponseMessage response, ConnectionTrace trace, ClientRequest request, Exchange exchange, Vigil vigil)
    {
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

        var whole = new WholeRelay(exchange, request, body, response, vigil, options)
        {
            Fidelity = isDecoded ? "repaired" : "exact",
        };
        using var held = whole.Held;
        if (await whole.BeginAsync() is { } failed)
        {
            return failed;
        }

        if (request.WantsStream && response.IsSuccessStatusCode && whole.LooksLikeEvents)
        {
            return await StreamAsync(System.Buffers.BuffersExtensions.ToArray(held.Bytes));
        }

        return await whole.RunAsync();

        async Task<AttemptResult> StreamAsync(ReadOnlyMemory<byte> prefix)
        {
            var answer = exchange.Stream ??= new StreamAnswer(exchange,
                FollowerFor(request, exchange, isArray), FormFor(request.Path.Protocol));
            answer.IsRepaired |= isDecoded;
            tools.Metrics.StreamOpened();
            try
            {
                var relay = new StreamRelay(exchange, answer, body, response, vigil, options);
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

    /// <summary>The answer holds on to its request for as long as the stream lasts; nobody else needs it any more.</summary>
    private static void LetGoOf(HttpRequestMessage message, ClientRequest request)
    {
        message.Headers.Clear();
        if (message.Content is RequestContent { IsSent: true })
        {
            message.Content = null;
            request.ReleaseBody();
        }
    }

    private static UpstreamRequest MessageFor(ClientRequest request, Upstream upstream)
    {
        var message = new UpstreamRequest(HttpMethod.Parse(request.Http.Method), upstream.Target(request.Path.Target));
        if (request.HasBody)
        {
            message.Content = new RequestContent(request.Body);
        }

        AnswerHeaders.CopyTo(message, request.Http, asksForIdentity: request.WantsStream);
        upstream.Authorize(message);
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
        new(exchange.Stream is { IsOpen: true } ? Phase.Opened : exchange.Phase, code, detail);

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
