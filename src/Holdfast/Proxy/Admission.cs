using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Reattach;
using Holdfast.Requests;
using Holdfast.Wire.Errors;
using Holdfast.Wire.Protocols;

namespace Holdfast.Proxy;

/// <summary>Who comes in: what is turned away before anything of its body is read, and what is when it asks for something
/// new.</summary>
internal sealed class Admission(Drain drain, Reattachment reattachment, StormGuard storms)
{
    private static GatewayError Draining =>
        new(ErrorCodes.Draining, ErrorCodes.Draining.Meaning) { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>Counts an exchange as under way until what is returned is disposed: a stopping gateway waits for it.</summary>
    public Drain.Entry Enter() => drain.Enter();

    /// <summary>Why a request is refused before anything of its body is read; null where it is not.</summary>
    /// <param name="exchange">The exchange that begins.</param>
    /// <param name="path">What its path says; null where it is nobody's.</param>
    public GatewayError? Check(Exchange exchange, WirePath? path)
    {
        var http = exchange.Http;
        if (exchange.Setup.Guard.Check(http) is { } forbidden)
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

    /// <summary>Why a request that asks for something new is refused; null where it is not.</summary>
    public async ValueTask<GatewayError?> CheckNewAsync(ClientRequest request) =>
        drain.IsDraining ? Draining : await storms.CheckAsync(request);
}
