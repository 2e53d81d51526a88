using Holdfast.Configuration;
using Holdfast.Upstreams;

namespace Holdfast.Hosting;

/// <summary>Registers the upstreams.</summary>
internal static class UpstreamServices
{
    /// <summary>Adds what upstreams need from outside.</summary>
    /// <param name="services">Must hold the options; a <see cref="TimeProvider"/> is used if there is one.</param>
    /// <param name="environment">Reads an environment variable; the process's own if null.</param>
    public static IServiceCollection AddUpstreams(
        this IServiceCollection services, Func<string, string?>? environment = null) =>
        services
            .AddSingleton(provider => new UpstreamSurroundings(
                provider.GetRequiredService<HoldfastOptions>().Timeouts.Connect,
                provider.GetService<TimeProvider>() ?? TimeProvider.System,
                environment ?? Environment.GetEnvironmentVariable)
            {
                Logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Holdfast.Upstreams"),
            });
}
