using Holdfast.Configuration;
using Holdfast.Exchanges;
using Holdfast.Routing;

namespace Holdfast.Reload;

/// <summary>Puts a new configuration into the place of the old one while the gateway runs: as a whole, or not at all. An
/// exchange under way goes on by the settings it began with. Safe for any thread; takes as long as reading files does.</summary>
/// <param name="atStart">The configuration of the start.</param>
/// <param name="load">Reads the configuration again, from where it was read at the start; null where it was given.</param>
/// <param name="factory">Makes settings ready.</param>
/// <param name="setups">Where exchanges get theirs.</param>
/// <param name="live">What is told of settings.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told what changed, and what was refused.</param>
internal sealed class Reloader(
    ConfigurationInForce atStart, Func<ConfigurationResult>? load, SetupFactory factory, SetupHolder setups, LiveSettings live,
    TimeProvider time, ILogger<Reloader> logger)
{
    // Who listens where, for whom, and with which certificate: open connections hang on them.
    private static readonly string[] OnlyAtStart = ["listen", "access", "tls"];

    private readonly Lock _gate = new();
    private volatile ConfigurationInForce _inForce = atStart;

    /// <summary>What holds now.</summary>
    public ConfigurationInForce InForce => _inForce;

    /// <summary>Reads the configuration again and lets it hold.</summary>
    /// <param name="why">Who asked; for the log.</param>
    public ReloadResult Reload(string why)
    {
        lock (_gate)
        {
            return load is null ? new(_inForce, []) : Apply(load(), why);
        }
    }

    /// <summary>Lets a configuration hold that was read.</summary>
    public ReloadResult Apply(ConfigurationResult read, string why)
    {
        lock (_gate)
        {
            var before = _inForce;
            if (!read.IsValid)
            {
                logger.Refused(why, string.Join(" | ", read.Errors));
                _inForce = before with { Refused = new(time.GetUtcNow(), read.File, read.Errors) };
                return new(_inForce, []);
            }

            // 1. What cannot change stays as it is.
            var differences = before.Text.DifferencesTo(SettingsText.Of(read.Options));
            var waiting = differences.Where(IsOnlyAtStart).ToList();
            (read.Options.Listen, read.Options.Access, read.Options.Tls) =
                (before.Options.Listen, before.Options.Access, before.Options.Tls);

            // 2. Made ready before anybody goes by it.
            var next = factory.Make(read.Options, setups.Current);
            SetupFactory.Prepare(next, time);

            // 3. From here on it holds.
            var replaced = Replaced(setups.Current, read.Options);
            setups.Replace(next);
            live.Follow(read.Options);
            replaced.ForEach(live.Forget);
            _inForce = new(read.Options, SettingsText.Of(read.Options), read.File, time.GetUtcNow()) { NeedsRestart = waiting };

            // 4. What is another one although its settings read the same: a renewed file, a password of a proxy.
            var changed = differences.Where(path => !IsOnlyAtStart(path)).ToList();
            changed.AddRange(replaced.Select(name => $"upstreams.{name}").Where(path => !changed.Exists(one =>
                one == path || one.StartsWith($"{path}.", StringComparison.Ordinal))));
            Tell(changed, waiting, why);
            return new(_inForce, changed);
        }
    }

    private void Tell(List<string> changed, List<string> waiting, string why)
    {
        logger.Reloaded(why, changed.Count == 0 ? "nothing changed" : $"changed {string.Join(", ", changed)}");
        if (waiting.Count > 0)
        {
            logger.NeedsRestart(string.Join(", ", waiting));
        }
    }

    // Those that were there and are not, or are not the same.
    private static List<string> Replaced(Setup before, HoldfastOptions next) =>
    [
        .. before.Upstreams.All.Select(upstream => upstream.Name).Where(name => name != RouteTable.Simulator
            && !(next.Upstreams.TryGetValue(name, out var options) && before.Upstreams.Find(name)!.HasSettings(options))),
    ];

    private static bool IsOnlyAtStart(string path) => OnlyAtStart.Contains(path.Split('.')[0]);
}
