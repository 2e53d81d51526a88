using Holdfast.Failover;
using Holdfast.Recording.Segments;
using Holdfast.Reload;

namespace Holdfast.Admin;

/// <summary>What the status tells that only the host of the gateway knows; set by it before the gateway
/// starts.</summary>
internal sealed class GatewayFacts(TimeProvider time)
{
    public DateTimeOffset Started { get; } = time.GetUtcNow();

    /// <summary>The addresses listened on, as clients write them.</summary>
    public Func<IReadOnlyList<string>> Listen { get; set; } = () => [];

    public Func<bool> IsDraining { get; set; } = () => false;

    /// <summary>The listener's counters.</summary>
    public Func<IEnumerable<(string Kind, long Value)>> Sockets { get; set; } = () => [];

    /// <summary>How recording stands.</summary>
    public Func<IReadOnlyList<SegmentState>> Recording { get; set; } = () => [];

    /// <summary>Which configuration is in force; null where nobody knows.</summary>
    public Func<ConfigurationInForce?> Configuration { get; set; } = () => null;

    /// <summary>How long a power failure may take back of what was recorded.</summary>
    public Func<TimeSpan> FsyncInterval { get; set; } = () => TimeSpan.Zero;

    /// <summary>Candidates that are spared after failures, at a given time.</summary>
    public Func<DateTimeOffset, IReadOnlyList<HealthEntry>> Cooldowns { get; set; } = _ => [];
}
