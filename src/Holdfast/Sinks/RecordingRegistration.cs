using Holdfast.Observability;
using Holdfast.Recording;
using Holdfast.Recording.Segments;

namespace Holdfast.Sinks;

/// <summary>Puts recording into the application.</summary>
internal static class RecordingRegistration
{
    /// <param name="services">The application's services; a <see cref="TimeProvider"/> and those of observability must be among
    /// them.</param>
    /// <param name="options">What is recorded.</param>
    /// <param name="home">The folder <c>HOLDFAST_HOME</c>; without one nothing is recorded.</param>
    /// <param name="program">The program that compacts; without one nothing is compacted.</param>
    /// <param name="routesRecord">Whether any route records bodies.</param>
    public static IServiceCollection AddRecording(
        this IServiceCollection services, RecordingOptions options, string? home = null, string? program = null, bool routesRecord = false)
    {
        services.AddSingleton(provider => new Recorder(
            options,
            home is null ? null : provider.GetService<ISegmentFolder>() ?? new SegmentFolder(RecordingFolder.SegmentsIn(home)),
            provider.GetRequiredService<GatewayMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Recorder>>()));
        services.AddSingleton(provider => new PrivacyBook(
            home, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PrivacyBook>>()));
        services.AddSingleton(provider => new BodyRecorder(
            options, routesRecord, home,
            provider.GetRequiredService<Recorder>(),
            provider.GetRequiredService<PrivacyBook>(),
            provider.GetRequiredService<GatewayMetrics>(),
            provider.GetRequiredService<ILogger<BodyRecorder>>()));

        // Stopped in the opposite order: what makes rows before what writes them.
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Recorder>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<BodyRecorder>());
        if (home is not null && program is not null)
        {
            services.AddHostedService(provider => new CompactionWorker(
                provider.GetRequiredService<Recorder>(), home, program, provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<CompactionWorker>>()));
        }

        return services;
    }
}
