using Holdfast.Wire.Bytes;
using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Holdfast.TestKit;

/// <summary>
/// The only pool of the gateway while tests run. It overwrites what is given back at once, so that whoever still reads it reads
/// poison; lets it lie for a while, so that whoever still writes into it is found out when it is lent again; lends nothing but
/// poison, so that nobody relies on what stands in a new array; and takes nothing twice. Safe for any thread.
/// </summary>
public sealed class PoisoningPool : ArrayPool<byte>
{
    /// <summary>What everything that is given back is overwritten with: no byte of any UTF-8 text.</summary>
    public const byte Poison = 0xFF;

    /// <summary>How many bytes of one size lie before any of them is lent again.</summary>
    private const int MostLying = 8 * 1024 * 1024;

    private static readonly PoisoningPool Installed = new();

    private readonly ConditionalWeakTable<byte[], Loan> _loans = [];
    private readonly ConcurrentDictionary<int, ConcurrentQueue<byte[]>> _lying = new();
    private readonly ConcurrentQueue<string> _faults = new();

    /// <summary>What was done wrong so far: by whom.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Makes one the gateway's. For the module initializer of a test assembly: before anything is rented.</summary>
    public static void Install() => BufferPool.Arrays = Installed;

    /// <summary>Fails the test if anything was given back that must not be, or written after it.</summary>
    public static void AssertNoFaults()
    {
        if (!Installed._faults.IsEmpty)
        {
            throw new InvalidOperationException("Pooled memory was misused:\n" + string.Join('\n', Installed.Faults));
        }
    }

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumLength);
        if (minimumLength == 0)
        {
            return [];
        }

        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(minimumLength, 16));
        var lying = _lying.GetOrAdd(size, static _ => new());
        if (lying.Count > Math.Max(1, MostLying / size) && lying.TryDequeue(out var array))
        {
            if (array.AsSpan().ContainsAnyExcept(Poison))
            {
                throw Fault("An array was written to after it was given back");
            }

            _loans.GetOrCreateValue(array).Begin();
            return array;
        }

        array = GC.AllocateUninitializedArray<byte>(size);
        array.AsSpan().Fill(Poison);
        _loans.GetOrCreateValue(array).Begin();
        return array;
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Length == 0)
        {
            return;
        }

        if (!_loans.TryGetValue(array, out var loan))
        {
            throw Fault("An array was given back that was not rented here");
        }

        if (!loan.TryEnd())
        {
            throw Fault("An array was given back twice");
        }

        array.AsSpan().Fill(Poison);
        _lying.GetOrAdd(array.Length, static _ => new()).Enqueue(array);
    }

    private InvalidOperationException Fault(string what)
    {
        var fault = $"{what}: {Environment.StackTrace}";
        _faults.Enqueue(fault);
        return new InvalidOperationException(fault);
    }

    /// <summary>Whether an array is lent.</summary>
    private sealed class Loan
    {
        private int _isLent;

        public void Begin() => Volatile.Write(ref _isLent, 1);

        public bool TryEnd() => Interlocked.Exchange(ref _isLent, 0) != 0;
    }
}
