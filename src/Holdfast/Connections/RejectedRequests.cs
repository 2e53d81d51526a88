using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Connections;

/// <summary>Hears from Kestrel about requests it answered itself because they are not HTTP, too large or too slow, and
/// counts them. Never logs what they said: a request line may hold a key.</summary>
internal sealed class RejectedRequests(SocketCounters counters, ILogger<RejectedRequests> logger)
    : IObserver<KeyValuePair<string, object?>>
{
    private const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public IDisposable Listen(DiagnosticListener kestrel) => kestrel.Subscribe(this, static name => name == EventName);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is not { Key: EventName, Value: IFeatureCollection features }
            || features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException error
            || features.Get<IHttpResponseFeature>()?.HasStarted == true
            || features.Get<ConnectionState>() is { LeftBody: true })
        {
            // Where an answer of ours has begun, Kestrel only failed to read the rest of the body behind it, or, when the
            // client left meanwhile, took that rest for the next request.
            return;
        }

        counters.Count(
            error.StatusCode == StatusCodes.Status408RequestTimeout
                ? SocketEvent.HeaderTimeout
                : SocketEvent.ProtocolError,
            features.Get<ConnectionState>()?.Id);
        logger.RequestRejected(features.Get<ConnectionState>()?.Id ?? "?", error.StatusCode);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}
