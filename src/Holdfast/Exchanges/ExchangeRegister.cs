using Holdfast.Clients;
using Holdfast.Recording.Records;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Sinks;
using Holdfast.Wire.Protocols;

namespace Holdfast.Exchanges;

/// <summary>Begins exchanges, lists them while they run, and hands their records to everybody who wants to know.</summary>
internal sealed class ExchangeRegister(
    SetupHolder setups, OpenExchanges open, ExchangeReporter reporter, BodyRecorder bodies, TimeProvider time)
{
    /// <summary>An exchange begins, with the settings that hold now.</summary>
    /// <param name="http">The request and its answer.</param>
    /// <param name="path">What its path says; null where it is nobody's.</param>
    /// <param name="client">What its headers say.</param>
    public Exchange Begin(HttpContext http, WirePath? path, ClientHeaders client)
    {
        var startedAt = time.GetUtcNow();
        var setup = setups.Use();
        var record = new ExchangeRecord
        {
            ExchangeId = ExchangeIds.Next(startedAt),
            StartedAt = startedAt,
            Protocol = path?.Protocol.Name,
            Method = http.Request.Method,
            Path = http.Request.Path.Value ?? "",
            Query = http.Request.QueryString.HasValue ? http.Request.QueryString.Value : null,
            ClientName = client.Name,
            ClientVersion = client.Version,
            Session = client.Session,
            Directory = client.Directory,
            ClientRetryCount = client.RetryCount,
            IdempotencyKey = client.IdempotencyKey,
        };
        reporter.Started();
        return new(http, client, path?.Protocol, new(record, setup.Prices, time), setup, this);
    }

    /// <summary>An exchange is open until what is returned is disposed.</summary>
    public OpenExchanges.Listing List(ILiveExchange exchange) => open.Add(exchange);

    /// <summary>What is to be kept of the bodies of an exchange; null where nothing is.</summary>
    public Capture? Capture(ExchangeRecord record, HttpRequest http, ClientRequest request) =>
        bodies.Begin(record, http.Headers, request.Path.Protocol, request.Body);

    /// <summary>What is still kept when its route is known; null where nothing need be.</summary>
    public Capture? Capture(Capture capture, ExchangeRecord record, Route route) => bodies.Take(capture, record, route.Bodies);

    /// <summary>An exchange has ended.</summary>
    public void End(ExchangeRecord record, HttpRequest http, Capture? capture) =>
        reporter.Ended(record, http.Headers.TraceParent, capture);
}
