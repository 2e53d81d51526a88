using Holdfast.Admin;
using Holdfast.Attempts;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Observability;
using Holdfast.Proxy;
using Holdfast.Reattach;
using Holdfast.Reload;
using Holdfast.Requests;
using Holdfast.Routing;
using Holdfast.Sinks;
using Holdfast.Upstreams;
using Holdfast.Vigils;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Holdfast.Hosting;

/// <summary>Puts the gateway together, feature by feature, and runs it. Tests build the same application.</summary>
internal static class GatewayApp
{
    /// <summary>Runs until the process is told to stop and has drained.</summary>
    /// <param name="configuration">The checked settings.</param>
    /// <param name="load">Reads them again.</param>
    /// <param name="home">The folder <c>HOLDFAST_HOME</c>.</param>
    /// <param name="cancellationToken">Begins the drain, as a signal does.</param>
    public static async Task RunAsync(
        ConfigurationResult configuration, Func<ConfigurationResult> load, string home, CancellationToken cancellationToken)
    {
        var parts = new GatewayParts
        {
            Home = home,
            Program = Environment.ProcessPath,
            LoadConfiguration = load,
            ConfigurationFile = configuration.File,
            WatchedFile = configuration.File ?? HoldfastConfiguration.DefaultFileIn(home),
        };
        await using var app = Build(configuration.Options, parts);
        await app.StartAsync(cancellationToken);
        await StartupText.WriteAsync(Console.Error, configuration.Options, Addresses(app));
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>Builds the application; nothing listens yet.</summary>
    public static WebApplication Build(HoldfastOptions options, GatewayParts parts)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "holdfast" });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddDiagnostics(new() { IsDebug = options.Debug }, parts.Diagnostics);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(parts.Time);
        builder.ConfigureListeners(options, parts.TreatsLoopbackAsRemote);
        builder.Services.AddObservability(parts.ExchangeLog);
        builder.Services.AddRecording(
            options.Recording, parts.Home, parts.Program, LiveSettings.RoutesRecord(options));
        builder.Services.AddSimulatorUpstream(options);
        builder.Services.AddUpstreams(parts.Environment);
        builder.Services.AddFailover(options.Failover);
        builder.Services.AddProxy();
        builder.Services.AddReload(options, parts);
        builder.Services.AddJournal(options.Journal, parts.Home);
        builder.Services.AddHostedService<MemoryTrim>();
        if (parts.Home is { } home)
        {
            builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<HealthFile>(provider, home));
            builder.Services.AddHostedService<StopSignals>();
            builder.Services.AddHostedService<HangUpSignal>();
            builder.Services.AddAdmin(home);
        }

        parts.Configure?.Invoke(builder.Services);
        var app = builder.Build();
        Connect(app);
        return app;
    }

    /// <summary>The addresses listened on, once started.</summary>
    public static IReadOnlyList<string> Addresses(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    private static void Connect(WebApplication app)
    {
        var services = app.Services;
        var metrics = services.GetRequiredService<GatewayMetrics>();
        metrics.ObserveSockets(() => Counts(services));
        metrics.ObserveConnections(() => services.GetRequiredService<SocketCounters>().Open);
        var health = services.GetRequiredService<HealthBook>();
        var time = services.GetRequiredService<TimeProvider>();
        metrics.ObserveCooldowns(() => health.Snapshot(time.GetUtcNow()));
        var reloader = services.GetRequiredService<Reloader>();
        metrics.ObserveConfiguration(
            () => (reloader.InForce.Refused is null, reloader.InForce.LoadedAt));
        var journal = services.GetRequiredService<TurnJournal>();
        metrics.ObserveJournal(() => journal.Kept, () => journal.HeldBytes, () => journal.DiskBytes);
        if (services.GetService<GatewayFacts>() is { } facts)
        {
            facts.Cooldowns = health.Snapshot;
            facts.Configuration = () => reloader.InForce;
            facts.Listen = () => Addresses(app);
            facts.IsDraining = () => services.GetRequiredService<Drain>().IsDraining;
            facts.Sockets = () => Counts(services);
            var recorder = services.GetRequiredService<Recorder>();
            facts.Recording = () => recorder.States;
            facts.FsyncInterval = () => recorder.Options.FsyncInterval;
        }

        app.Use(ConnectionWatch.Use);
        app.UseProbes();

        // The metrics are nothing for a web page that was rebound to this address.
        var setups = services.GetRequiredService<SetupHolder>();
        app.UseMetrics(isForbidden: http => setups.Current.Guard.Check(http) is not null);
        app.RunProxy();
    }

    private static IEnumerable<(string Kind, long Value)> Counts(IServiceProvider services) =>
        services.GetRequiredService<SocketCounters>().Snapshot()
            .Select(count => (SocketCounters.NameOf(count.Key), count.Value));

    private static void AddFailover(this IServiceCollection services, FailoverOptions options)
    {
        services.AddSingleton(new HealthBook(options.Cooldown));
        services.AddSingleton(new StormWatch(options.Storms));
        services.AddSingleton(new AffinityTable(options.Affinity));
        services.AddHostedService<WarmUp>();
    }

    private static void AddJournal(this IServiceCollection services, JournalOptions options, string? home)
    {
        var spill = home is null ? null : new SpillFile(home, options.MaxDiskBytes);
        services.AddSingleton(provider => new TurnJournal(
            options, provider.GetRequiredService<TimeProvider>(), spill, provider.GetRequiredService<ILogger<TurnJournal>>()));
    }

    private static void AddProxy(this IServiceCollection services)
    {
        services.AddSingleton(provider => new SetupHolder(
            provider.GetRequiredService<SetupFactory>().Make(provider.GetRequiredService<HoldfastOptions>())));
        services.AddSingleton(provider => new VigilPool(
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ThreadWatch>(),
            provider.GetRequiredService<Drain>().Forced));
        services.AddSingleton<ExchangeRegister>();
        services.AddSingleton<Admission>();
        services.AddSingleton<RequestReader>();
        services.AddSingleton<StormGuard>();
        services.AddSingleton<Reattachment>();
        services.AddSingleton<Dispatch>();
        services.AddSingleton<ThreadWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<ThreadWatch>());
        services.AddSingleton<AttemptRunner>();
        services.AddSingleton<Decisions>();
        services.AddSingleton<FailureTelling>();
        services.AddSingleton<ExchangeHandler>();
    }

    private static void AddReload(this IServiceCollection services, HoldfastOptions options, GatewayParts parts)
    {
        services.AddSingleton(provider => new SetupFactory(
            provider.GetRequiredService<UpstreamSurroundings>(), provider.GetServices<Upstream>(),
            provider.GetRequiredService<HealthBook>(), provider.GetRequiredService<AffinityTable>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetService<PassageOf>()));
        services.AddSingleton<LiveSettings>();
        services.AddSingleton(provider => new Reloader(
            new(options, SettingsText.Of(options), parts.ConfigurationFile, provider.GetRequiredService<TimeProvider>().GetUtcNow()),
            parts.LoadConfiguration,
            provider.GetRequiredService<SetupFactory>(),
            provider.GetRequiredService<SetupHolder>(),
            provider.GetRequiredService<LiveSettings>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Reloader>>()));
        if (parts.WatchedFile is { } file)
        {
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<ConfigurationWatch>(provider, file));
        }
    }
}
