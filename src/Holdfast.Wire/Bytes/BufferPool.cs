using System.Buffers;

namespace Holdfast.Wire.Bytes;

/// <summary>Where every pooled array of the gateway comes from, and where it goes back to: one place, so that tests can put a
/// pool there that shows who reads what was given back. Safe for any thread.</summary>
public static class BufferPool
{
    /// <summary>The pool behind it. Default: the one all of the runtime shares. Set before anything is rented, or never.</summary>
    public static ArrayPool<byte> Arrays { get; set; } = ArrayPool<byte>.Shared;

    /// <summary>An array of at least so many bytes; what stands in it is anybody's.</summary>
    public static byte[] Rent(int minimumLength) => Arrays.Rent(minimumLength);

    /// <summary>Gives an array back. Nobody may read or write it from here on.</summary>
    /// <param name="array">What was rented; each once.</param>
    /// <param name="clear">Whether it held what must not stay in memory.</param>
    public static void Return(byte[] array, bool clear = false) => Arrays.Return(array, clear);
}
