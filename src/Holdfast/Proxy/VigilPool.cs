using Holdfast.Vigils;
using Microsoft.Extensions.ObjectPool;

namespace Holdfast.Proxy;

/// <summary>Keeps vigils for the exchanges to come: two timers set up and torn down for each would cost more than its
/// routing.</summary>
internal static class VigilPool
{
    /// <summary>How many are kept while nobody uses them.</summary>
    private const int MostIdle = 256;

    public static ObjectPool<Vigil> Create(TimeProvider time, ThreadWatch watch, CancellationToken stopping) =>
        new DefaultObjectPoolProvider { MaximumRetained = MostIdle }.Create(new Policy(time, watch, stopping));

    private sealed class Policy(TimeProvider time, ThreadWatch watch, CancellationToken stopping) : PooledObjectPolicy<Vigil>
    {
        public override Vigil Create() => new(time, stopping, watch);

        public override bool Return(Vigil vigil)
        {
            vigil.End();
            return true;
        }
    }
}
