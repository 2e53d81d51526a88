using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Failover;
using Holdfast.Journal;
using Holdfast.Observability;
using Holdfast.Recording.Privacy;
using Holdfast.Sinks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Holdfast.Reload;

/// <summary>What lives longer than any configuration and has settings: it is told of new ones, and keeps what it
/// knows.</summary>
internal sealed class LiveSettings(
    HealthBook health, AffinityTable affinity, StormWatch storms, TurnJournal journal, Recorder recorder, BodyRecorder bodies,
    KeepAliveTerms keepAlive, Drain drain, LogDetail logs, IOptions<HostOptions> host, IOptions<KestrelServerOptions> kestrel)
{
    public void Follow(HoldfastOptions options)
    {
        health.Follow(options.Failover.Cooldown);
        affinity.Follow(options.Failover.Affinity);
        storms.Follow(options.Failover.Storms);
        journal.Follow(options.Journal);
        recorder.Follow(options.Recording);
        bodies.Follow(options.Recording, RoutesRecord(options));
        keepAlive.Follow(options.Limits.KeepAlive);
        drain.Limit = options.Timeouts.Drain;
        host.Value.ShutdownTimeout = DrainSetup.ShutdownTimeout(options.Timeouts.Drain);
        logs.IsDebug = options.Debug;
        options.Limits.ApplyTo(kestrel.Value.Limits);
    }

    /// <summary>An upstream is another one now, or gone.</summary>
    public void Forget(string upstream) => health.Forget(upstream);

    /// <summary>Whether any route records bodies.</summary>
    public static bool RoutesRecord(HoldfastOptions options) =>
        options.Routes.Any(route => route.Recording.Bodies is not (null or BodyRecording.None));
}
