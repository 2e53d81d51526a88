using Holdfast.Answers;
using Holdfast.Attempts;
using Holdfast.Clients;
using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Reattach;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Vigils;
using Holdfast.Wire.Protocols;

namespace Holdfast.Proxy;

/// <summary>The table of contents of a request: every step returns here, no step calls the next one.</summary>
/// <remarks>
/// <code>
/// 1 admit       what can be refused before its body is read
/// 2 read        the body, once
/// 3 reattach    a turn whose client was lost, and asks again
/// 4 plan        who can be asked
/// 5 attempt     one after another, until one is answered or nothing more can be tried
/// 6 tell        what could not be absorbed
/// </code>
/// </remarks>
internal sealed class ExchangeHandler(
    ExchangeRegister register, Admission admission, RequestReader reader, Reattachment reattachment, AttemptRunner attempts,
    Decisions decisions, FailureTelling telling)
{
    public async Task HandleAsync(HttpContext http, WirePath? path, ClientHeaders client)
    {
        // Disposing an exchange hands in its record, whatever happened in between.
        await using var exchange = register.Begin(http, path, client);
        using var running = admission.Enter();
        var answer = new ClientAnswer(exchange);
        try
        {
            // 1
            if (admission.Check(exchange, path) is { } refusal)
            {
                ConnectionState.LeaveBody(http);
                await FailureTelling.RefuseAsync(exchange, answer, refusal);
                return;
            }

            // 2
            using var request = new ClientRequest(http, path!, client);
            var unreadable = await reader.ReadAsync(request, exchange.Setup.Deny, exchange.Setup.Limits);
            exchange.Asked(request);
            if (request.ClientLeft)
            {
                // Its connection is dead; said aloud, so that the server does not try to read the rest of the body.
                exchange.Flight.ClientLeft();
                answer.Abort();
            }
            else if (unreadable is not null)
            {
                ConnectionState.LeaveBody(http);
                await FailureTelling.RefuseAsync(exchange, answer, unreadable);
            }
            else
            {
                await AnswerAsync(exchange, request, answer);
            }
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested)
        {
            // The boundary: a bug of ours must still end the exchange in the client's protocol.
            await telling.FailUnexpectedlyAsync(exchange, answer, e);
        }
        catch (Exception)
        {
            exchange.Flight.ClientLeft();
        }
    }

    private async ValueTask AnswerAsync(Exchange exchange, ClientRequest request, ClientAnswer answer)
    {
        // 3
        var earlier = await reattachment.FindAsync(request);
        exchange.Flight.Repeats(earlier.RetryOf);
        if (earlier.HasAnswer)
        {
            using var listening = attempts.Watch(exchange, answer);
            if (await reattachment.TellAsync(earlier, request, exchange, answer, listening.Vigil) is { } told)
            {
                if (told is AttemptResult.Failed lost)
                {
                    await telling.FailAsync(exchange, answer, lost);
                }

                return;
            }
        }

        if (await admission.CheckNewAsync(request) is { } refused)
        {
            await FailureTelling.RefuseAsync(exchange, answer, refused);
            return;
        }

        // 4
        var (plan, unroutable) = exchange.Setup.Routes.Plan(request, exchange.StartedAt, earlier.Ended?.FailedCandidate);
        if (plan is null)
        {
            await FailureTelling.RefuseAsync(exchange, answer, unroutable!);
            return;
        }

        exchange.Take(plan.Route);
        using var watch = attempts.Watch(exchange, answer);
        answer.Wait(request, watch.Vigil);
        await reattachment.BeginAsync(request, exchange, answer, watch.Vigil);
        await AttemptAsync(exchange, request, answer, plan, watch.Vigil);
        reattachment.Remember(exchange, answer, plan);
    }

    private async ValueTask AttemptAsync(
        Exchange exchange, ClientRequest request, ClientAnswer answer, RoutePlan plan, Vigil vigil)
    {
        AttemptResult.Failed? failed = null;
        try
        {
            // 5
            for (var step = plan.Begin(); step.Kind != StepKind.GiveUp; step = decisions.After(exchange, answer, plan, failed))
            {
                if (step.Delay > TimeSpan.Zero && await vigil.PassAsync(step.Delay) is var alarm and not Alarm.None)
                {
                    await telling.EndWaitAsync(exchange, answer, alarm);
                    return;
                }

                var result = await attempts.RunAsync(new Attempt(request, exchange, answer, plan, vigil));
                if (result is not AttemptResult.Failed failure)
                {
                    decisions.Answered(exchange, plan);
                    return;
                }

                failed?.Held?.Dispose();
                failed = failure;

                // Not on a thread that other sockets wait for: judging a failure and telling of it reads what others wrote.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            // 6
            await telling.TellAsync(exchange, answer, request, plan, vigil, failed);
        }
        finally
        {
            failed?.Held?.Dispose();
        }
    }
}
