using Holdfast.Clients;
using Holdfast.Wire.Protocols;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Proxy;

/// <summary>Path → protocol; nothing else. Whatever no other endpoint has is an exchange, also what no protocol knows.</summary>
internal static class ProxyEndpoints
{
    public static void RunProxy(this IApplicationBuilder app)
    {
        var handler = app.ApplicationServices.GetRequiredService<ExchangeHandler>();
        app.Run(http =>
        {
            // The raw target: what is not decoded cannot be re-encoded wrongly (D8).
            var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var client = ClientHeaders.Of(http.Request);
            return handler.HandleAsync(
                http, WirePath.Parse(target, client.HasAnthropicVersion, client.HasGoogleKey), client);
        });
    }
}
