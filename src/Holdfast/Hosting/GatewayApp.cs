using Holdfast.Accounts.Pricing;
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
using Holdfast.Recording.Privacy;
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
    /// <param name="options">The checked settings.</param>
    /// <param name="home">The folder <c>HOLDFAST_HOME</c>.</param>
    /// <param name="cancellationToken">Begins the drain, as a signal does.</param>
    public static async Task RunAsync(HoldfastOptions options, string home, CancellationToken cancellationToken)
    {
        var parts = new GatewayParts { Home = home, Program = Environment.ProcessPath };
        await using var app = Build(options, parts);
        await app.StartAsync(cancellationToken);
        await StartupText.WriteAsync(Console.Error, options, Addresses(app));
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>Builds the application; nothing listens yet.</summary>
    public static WebApplication Build(HoldfastOptions options, GatewayParts parts)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "holdfast" });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddDiagnostics(options.Debug, parts.Diagnostics);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(parts.Time);
        builder.ConfigureListeners(options, parts.TreatsLoopbackAsRemote);
        builder.Services.AddObservability(parts.ExchangeLog);
        builder.Services.AddRecording(
            options.Recording, parts.Home, parts.Program,
            routesRecord: options.Routes.Any(route => route.Recording.Bodies is not (null or BodyRecording.None)));
        builder.Services.AddSimulatorUpstream(options);
        builder.Services.AddUpstreams(parts.Environment);
        builder.Services.AddFailover();
        builder.Services.AddProxy();
        builder.Services.AddJournal(options.Journal, parts.Home);
        builder.Services.AddHostedService<MemoryTrim>();
        if (parts.Home is { } home)
        {
            builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<HealthFile>(provider, home));
            builder.Services.AddHostedService<StopSignals>();
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
        services.GetRequiredService<GatewayMetrics>().ObserveSockets(
            () => Counts(services));
        services.GetRequiredService<GatewayMetrics>().ObserveConnections(
            () => services.GetRequiredService<SocketCounters>().Open);
        var health = services.GetRequiredService<HealthBook>();
        var time = services.GetRequiredService<TimeProvider>();
        services.GetRequiredService<GatewayMetrics>().ObserveCooldowns(() => health.Snapshot(time.GetUtcNow()));
        var journal = services.GetRequiredService<TurnJournal>();
        services.GetRequiredService<GatewayMetrics>().ObserveJournal(
            () => journal.Kept, () => journal.HeldBytes, () => journal.DiskBytes);
        if (services.GetService<GatewayFacts>() is { } facts)
        {
            facts.Cooldowns = health.Snapshot;
            facts.Listen = () => Addresses(app);
            facts.IsDraining = () => services.GetRequiredService<Drain>().IsDraining;
            facts.Sockets = () => Counts(services);
            var recorder = services.GetRequiredService<Recorder>();
            facts.Recording = () => recorder.States;
            facts.FsyncInterval = recorder.FsyncInterval;
        }

        app.Use(ConnectionWatch.Use);
        app.UseProbes();

        // The metrics are nothing for a web page that was rebound to this address.
        var guard = services.GetRequiredService<RequestGuard>();
        app.UseMetrics(isForbidden: http => guard.Check(http) is not null);
        app.RunProxy();
    }

    private static IEnumerable<(string Kind, long Value)> Counts(IServiceProvider services) =>
        services.GetRequiredService<SocketCounters>().Snapshot()
            .Select(count => (SocketCounters.NameOf(count.Key), count.Value));

    private static void AddFailover(this IServiceCollection services)
    {
        services.AddSingleton(provider => provider.GetRequiredService<HoldfastOptions>().Failover);
        services.AddSingleton(provider => new HealthBook(provider.GetRequiredService<FailoverOptions>().Cooldown));
        services.AddSingleton(provider => new StormWatch(provider.GetRequiredService<FailoverOptions>().Storms));
        services.AddSingleton(provider => new Lazy<ErrorClassifier>(
            () => new(provider.GetRequiredService<FailoverOptions>().Rules)));
        services.AddHostedService<WarmUp>();
        services.AddSingleton(provider => new FailoverTools(
            provider.GetRequiredService<FailoverOptions>(),
            provider.GetRequiredService<Lazy<ErrorClassifier>>(),
            provider.GetRequiredService<HealthBook>(),
            new AffinityTable(provider.GetRequiredService<FailoverOptions>().Affinity),
            provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddJournal(this IServiceCollection services, JournalOptions options, string? home)
    {
        var spill = home is null || options.MaxDiskBytes == 0 ? null : new SpillFile(home, options.MaxDiskBytes);
        services.AddSingleton(provider => new TurnJournal(
            options, provider.GetRequiredService<TimeProvider>(), spill, provider.GetRequiredService<ILogger<TurnJournal>>()));
    }

    private static void AddProxy(this IServiceCollection services)
    {
        services.AddSingleton(provider => new SetupHolder(SetupOf(provider)));
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

    private static Setup SetupOf(IServiceProvider services)
    {
        var options = services.GetRequiredService<HoldfastOptions>();
        return new()
        {
            Routes = new(
                options.Routes, new(options.Timeouts, options.Streaming, options.Journal, options.Recording.Bodies),
                services.GetRequiredService<UpstreamTable>(), services.GetRequiredService<FailoverTools>(),
                services.GetService<PassageOf>()),
            Prices = OwnPrices.BookWith(options.Prices),
            Streaming = options.Streaming,
            Timeouts = options.Timeouts,
            Deny = options.Deny,
            Limits = options.Limits,
            AdjustsErrors = options.Errors != "verbatim",
        };
    }
}
