using Holdfast.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Proxy;

/// <summary>Path → protocol; nothing else. Whatever no other endpoint has is an exchange, also what no protocol knows.</summary>
internal static class ProxyEndpoints
{
    public static void MapProxy(this IEndpointRouteBuilder app)
    {
        var handler = app.ServiceProvider.GetRequiredService<ExchangeHandler>();
        app.Map("/{**path}", http =>
        {
            // The raw target: what is not decoded cannot be re-encoded wrongly (D8).
            var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var headers = http.Request.Headers;
            return handler.HandleAsync(http, WirePath.Parse(
                target, headers.ContainsKey("anthropic-version"), headers.ContainsKey("x-goog-api-key")));
        });
    }
}
