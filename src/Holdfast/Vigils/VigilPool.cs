using Microsoft.Extensions.ObjectPool;

namespace Holdfast.Vigils;

/// <summary>Lends vigils to exchanges: two timers set up and torn down for each would cost more than its routing.</summary>
/// <param name="time">The clock.</param>
/// <param name="watch">Sees how long a loop holds the thread that resumes it.</param>
/// <param name="stopping">Fires when the process must stop now.</param>
internal sealed class VigilPool(TimeProvider time, ThreadWatch watch, CancellationToken stopping) : IDisposable
{
    /// <summary>How many are kept while nobody uses them.</summary>
    private const int MostIdle = 256;

    private readonly ObjectPool<Vigil> _vigils =
        new DefaultObjectPoolProvider { MaximumRetained = MostIdle }.Create(new Policy(time, watch, stopping));

    /// <summary>A vigil for one exchange; disposing the loan ends it.</summary>
    public Loan Lend() => new(_vigils.Get(), _vigils);

    public void Dispose() => (_vigils as IDisposable)?.Dispose();

    /// <summary>A vigil on loan.</summary>
    public readonly struct Loan(Vigil vigil, ObjectPool<Vigil> pool) : IDisposable
    {
        public Vigil Vigil => vigil;

        public void Dispose() => pool.Return(vigil);
    }

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
