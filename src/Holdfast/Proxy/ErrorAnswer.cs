using System.Buffers;
using System.Globalization;
using Holdfast.Hosting;
using Holdfast.Recording.Records;
using Holdfast.Wire.Errors;

namespace Holdfast.Proxy;

/// <summary>Answers in our own words: an error of the protocol's shape, with a status while one can be chosen, else inside
/// the stream.</summary>
internal sealed class ErrorAnswer(ExchangeTools tools)
{
    /// <summary>Turns the request away: nothing was sent upstream.</summary>
    public static Task RefuseAsync(Exchange exchange, GatewayError error)
    {
        exchange.NoteFailure(error.Code, null);
        var told = error with { ExchangeId = exchange.ExchangeId };
        return exchange.Stream is { IsOpen: true } stream
            ? stream.EndWithErrorAsync(told).AsTask()
            : SendAsync(exchange, told, error.Code.Status);
    }

    /// <summary>Tells the client that the last attempt failed: with a status while one can be chosen, else in the stream.</summary>
    public async Task FailAsync(Exchange exchange, AttemptResult.Failed failed)
    {
        exchange.NoteFailure(failed.Code, failed.Detail, failed.Cause);
        var error = exchange.ErrorOf(failed.Code);
        if (exchange.Stream is { IsOpen: true } stream)
        {
            tools.Logger.StreamLost(exchange.ExchangeId, failed.Code.Name);
            await stream.EndWithErrorAsync(error);
            return;
        }

        ClearHead(exchange);
        tools.Logger.AttemptFailed(exchange.ExchangeId, failed.Phase.Word(), failed.Code.Name);
        await SendAsync(exchange, error, failed.Code.Status);
    }

    /// <summary>A wait between two attempts ended before its time.</summary>
    public Task EndWaitAsync(Exchange exchange, Alarm alarm)
    {
        if (alarm == Alarm.ClientGone)
        {
            exchange.NoteClientGone();
            return Task.CompletedTask;
        }

        return FailAsync(
            exchange, new(exchange.Phase, alarm == Alarm.Stopping ? ErrorCodes.GatewayStopped : ErrorCodes.TotalTimeout));
    }

    /// <summary>Answers with an error body of the protocol's shape.</summary>
    public static async Task SendAsync(Exchange exchange, GatewayError error, int status)
    {
        var response = exchange.Http.Response;
        if (response.HasStarted)
        {
            exchange.Http.Abort();
            return;
        }

        var body = new ArrayBufferWriter<byte>(512);
        exchange.Protocol.WriteErrorBody(error, body);
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        exchange.StampAnswer(fidelity: null);
        response.Headers["holdfast-error"] = error.Code.Name;
        SetRetryAfter(response, error.RetryAfter);
        if (error.Code.Class == ErrorClass.Request)
        {
            if (error.Code == ErrorCodes.MethodNotAllowed)
            {
                response.Headers.Allow = ApiMethods.Allowed;
            }

            // Repeating it as it is cannot help; both SDKs obey this.
            response.Headers["x-should-retry"] = "false";
        }

        exchange.Record.ResponseBytes += body.WrittenCount;
        if (!HttpMethods.IsHead(exchange.Http.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body.WrittenMemory);
        }
    }

    /// <summary>What was already copied of a head that then could not be sent is not ours.</summary>
    public static void ClearHead(Exchange exchange)
    {
        var response = exchange.Http.Response;
        if (!response.HasStarted)
        {
            response.Headers.Clear();
            ConnectionState.Of(exchange.Http)?.StampAnswer(response);
        }
    }

    /// <summary>Says when the client may come back, in whole seconds; nothing where that is not known.</summary>
    public static void SetRetryAfter(HttpResponse response, TimeSpan? wait)
    {
        if (wait is { } time)
        {
            response.Headers.RetryAfter =
                Math.Max(1, Math.Ceiling(time.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
            response.Headers.Remove("retry-after-ms");
        }
    }
}
