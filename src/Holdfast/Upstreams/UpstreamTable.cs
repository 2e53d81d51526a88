using System.Collections.Frozen;
using Holdfast.Wire;

namespace Holdfast.Upstreams;

/// <summary>Every upstream by name, and the default of each protocol. Immutable; owns its upstreams together with the tables
/// that have them too.</summary>
internal sealed class UpstreamTable : IDisposable
{
    private readonly FrozenDictionary<string, Upstream> _byName;
    private readonly Upstream[] _defaults;

    /// <param name="configured">The upstreams of the configuration.</param>
    /// <param name="extra">Upstreams of our own, found by name only: never the default of a protocol.</param>
    public UpstreamTable(IEnumerable<Upstream> configured, params IEnumerable<Upstream> extra)
    {
        Upstream[] upstreams = [.. configured];
        _byName = upstreams.Concat(extra).DistinctBy(upstream => upstream.Name, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(upstream => upstream.Name, StringComparer.OrdinalIgnoreCase);
        _defaults = [.. upstreams.Where(upstream => IsDefault(upstream)
            || upstreams.Count(other => other.Family == upstream.Family) == 1)];
        foreach (var upstream in All)
        {
            upstream.Keep();
        }
    }

    /// <summary>Every upstream.</summary>
    public IReadOnlyCollection<Upstream> All => _byName.Values;

    /// <summary>The table of a checked configuration. What did not change since an earlier one stays as it is, its connections
    /// too.</summary>
    /// <param name="upstreams">The upstreams of the configuration.</param>
    /// <param name="surroundings">What they need from outside.</param>
    /// <param name="extra">Upstreams of our own.</param>
    /// <param name="before">The table up to now; null for the first.</param>
    public static UpstreamTable From(
        IReadOnlyDictionary<string, UpstreamOptions> upstreams, UpstreamSurroundings surroundings,
        IEnumerable<Upstream> extra, UpstreamTable? before = null) =>
        new(
            upstreams.Select(entry => before?.Find(entry.Key) is { } known && known.Name == entry.Key
                && known.IsMadeOf(entry.Value, surroundings)
                ? known
                : new Upstream(entry.Key, entry.Value, surroundings)),
            extra);

    /// <summary>The upstream of this name, or null.</summary>
    public Upstream? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The upstream that bears the protocol's name, else the protocol's only one, else null.</summary>
    public Upstream? DefaultFor(ProtocolFamily family) => Array.Find(_defaults, upstream => upstream.Family == family);

    public void Dispose()
    {
        foreach (var upstream in _byName.Values)
        {
            upstream.Release();
        }
    }

    private static bool IsDefault(Upstream upstream) => Upstream.IsDefaultName(upstream.Name, upstream.Family);
}
