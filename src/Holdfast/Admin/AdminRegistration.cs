
namespace Holdfast.Admin;

/// <summary>Puts the admin socket and its handlers into the application.</summary>
internal static class AdminRegistration
{
    /// <param name="services">The application's services; those of observability must be among them.</param>
    /// <param name="home">The folder <c>HOLDFAST_HOME</c>.</param>
    public static IServiceCollection AddAdmin(this IServiceCollection services, string home)
    {
        services.AddSingleton<GatewayFacts>();
        services.AddSingleton<StatusEndpoint>();
        services.AddSingleton<RecordingEndpoints>();
        services.AddSingleton<ReloadEndpoint>();
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<AdminSocket>(provider, home));
        return services;
    }
}
