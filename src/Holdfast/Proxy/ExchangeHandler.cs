using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Routing;
using Holdfast.Wire;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Protocols;

namespace Holdfast.Proxy;

/// <summary>The table of contents of a request: every step returns here, no step calls the next one.</summary>
internal sealed class ExchangeHandler(
    HoldfastOptions options, RequestGuard guard, Drain drain, RouteTable routes, AttemptRunner attempts,
    Decisions decisions, FailureAnswer failures, ErrorAnswer errors, StormGuard storms, Reattachment reattachment,
    ReattachedAnswer reattached, ExchangeTools tools)
{
    public async Task HandleAsync(HttpContext http, WirePath? path, ClientHeaders client)
    {
        // Disposing an exchange hands in its record, whatever happened in between.
        await using var exchange = new Exchange(http, path?.Protocol, client, tools);
        using var running = drain.Enter();
        try
        {
            if (Refusal(http, path) is { } refusal)
            {
                ConnectionState.LeaveBody(http);
                await ErrorAnswer.RefuseAsync(exchange, refusal);
                return;
            }

            using var request = new ClientRequest(http, path!, client);
            var unreadable = await request.ReadAsync(options, tools.Time);
            exchange.Describe(request);
            if (request.ClientLeft)
            {
                // Its connection is dead; said aloud, so that the server does not try to read the rest of the body.
                exchange.NoteClientGone();
                http.Abort();
                return;
            }

            if (unreadable is not null)
            {
                ConnectionState.LeaveBody(http);
                await ErrorAnswer.RefuseAsync(exchange, unreadable);
                return;
            }

            var earlier = await reattachment.FindAsync(request);
            exchange.Record.RetryOf = earlier.RetryOf;
            if ((earlier.Turn ?? earlier.Cut) is not null)
            {
                using var listening = attempts.Watch(request, exchange);
                if (await reattached.TellAsync(earlier, request, exchange, listening.Vigil))
                {
                    return;
                }
            }

            if (drain.IsDraining)
            {
                await ErrorAnswer.RefuseAsync(exchange, Draining);
                return;
            }

            if (await storms.CheckAsync(request) is { } repeated)
            {
                await ErrorAnswer.RefuseAsync(exchange, repeated);
                return;
            }

            if (routes.Plan(request, exchange.StartedAt, earlier.Ended?.FailedCandidate, out var unroutable) is not { } plan)
            {
                await ErrorAnswer.RefuseAsync(exchange, unroutable);
                return;
            }

            exchange.Take(plan.Route);
            using var watch = attempts.Watch(request, exchange);
            await reattachment.BeginAsync(request, exchange, plan.Route, watch.Vigil);
            for (var step = plan.Begin(); ;)
            {
                if (step.Kind == StepKind.GiveUp)
                {
                    await failures.TellAsync(exchange, request, plan);
                    reattachment.Remember(exchange, plan);
                    return;
                }

                if (step.Delay > TimeSpan.Zero
                    && await attempts.WaitAsync(request, exchange, watch.Vigil, step.Delay) is var alarm and not Alarm.None)
                {
                    await errors.EndWaitAsync(exchange, alarm);
                    return;
                }

                var result = await attempts.RunAsync(new Attempt(request, exchange, plan, watch.Vigil));
                if (result is not AttemptResult.Failed failed)
                {
                    exchange.NoteAnswered(plan);
                    reattachment.Remember(exchange, plan);
                    return;
                }

                step = decisions.After(exchange, plan, failed);
            }
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            // The boundary: a bug of ours must still end the exchange in the client's protocol.
            tools.Logger.Unexpected(e, exchange.ExchangeId);
            await errors.FailAsync(exchange, new(exchange.Phase, ErrorCodes.InternalError, e.GetType().Name));
        }
        catch (Exception)
        {
            exchange.NoteClientGone();
        }
    }

    private static GatewayError Draining =>
        new(ErrorCodes.Draining, ErrorCodes.Draining.Meaning) { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>What can be refused before anything of the body is read.</summary>
    private GatewayError? Refusal(HttpContext http, WirePath? path)
    {
        if (guard.Check(http) is { } forbidden)
        {
            return new(forbidden, forbidden.Meaning);
        }

        if (RequestGuard.IsWebSocketUpgrade(http))
        {
            return new(ErrorCodes.WebSocketNotSupported, ErrorCodes.WebSocketNotSupported.Meaning);
        }

        if (path is null)
        {
            return new(ErrorCodes.UnknownPath, $"No protocol has this path. {ErrorCodes.UnknownPath.Fix}");
        }

        if (!ApiMethods.Contains(http.Request.Method))
        {
            return new(ErrorCodes.MethodNotAllowed, ErrorCodes.MethodNotAllowed.Meaning);
        }

        // Whoever comes back for a turn that runs here is served to its end: only the body tells.
        return drain.IsDraining && reattachment.HasNothing ? Draining : null;
    }
}
