using Holdfast.Connections;

namespace Holdfast.Clients;

/// <summary>Knows who gets interim <c>1xx</c> answers: only clients measured to take them, and nobody behind a proxy, which may
/// not. Pure.</summary>
internal static class InterimPolicy
{
    /// <summary>Whether the sender of a request takes them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">What its headers say.</param>
    public static bool Accepts(HttpRequest request, ClientHeaders client) =>
        client.TakesInterim && !Loopback.IsForwarded(request) && !request.Headers.ContainsKey("Via");
}
