using Holdfast.Configuration;

namespace Holdfast.Hosting;

/// <summary>Placeholder until the gateway is joined: answers every request with 200.</summary>
internal static class GatewayApp
{
    public static async Task RunAsync(HoldfastOptions options, string home, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls([.. options.Listen]);
        await using var app = builder.Build();
        app.Run(http => http.Response.WriteAsync(home, http.RequestAborted));
        await app.StartAsync(cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
    }
}
