using System.Net;

namespace Holdfast.Load;

/// <summary>What stands on each side and stays up for all rounds of a measure. Owns those processes.</summary>
/// <param name="bed">Starts them.</param>
/// <param name="configure">The gateways' configuration.</param>
/// <param name="configureFloor">Where a gateway plays the floor: its configuration.</param>
internal sealed class Targets(
    TestBed bed, Func<IPEndPoint, string>? configure = null, Func<IPEndPoint, string>? configureFloor = null) : IDisposable
{
    private readonly Dictionary<Side, Target> _targets = [];

    public Target this[Side side] => _targets[side];

    public async Task StartAsync(params IEnumerable<Side> sides)
    {
        foreach (var side in sides)
        {
            _targets[side] = side == Side.Floor && configureFloor is not null
                ? await bed.StartAsync(Side.Gateway, configure: configureFloor)
                : await bed.StartAsync(side, configure: configure);
        }
    }

    /// <summary>One side, with an upstream of its own.</summary>
    public async Task StartAsync(Side side, IPEndPoint upstream, Func<IPEndPoint, string>? configureOne = null) =>
        _targets[side] = await bed.StartAsync(side, upstream, configureOne);

    public void Dispose()
    {
        foreach (var target in _targets.Values)
        {
            target.Dispose();
        }
    }
}
