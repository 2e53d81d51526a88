using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Holdfast.Failover;

/// <summary>Makes keys of 128 bits out of what a request tells: nothing of it can be read from them, and nobody can make
/// two that meet. Takes no memory.</summary>
internal static class KeyDigest
{
    private const int MostInOne = 512;

    /// <param name="domain">What kind of key it is: equal parts of different kinds give different keys.</param>
    public static UInt128 Of(
        ReadOnlySpan<byte> domain, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        var length = domain.Length + first.Length + second.Length + third.Length;
        if (length <= MostInOne)
        {
            return OfShort(domain, first, second, third, length);
        }

        // A digest of digests: no part can be taken for the end of the one before it, and none needs copying.
        Span<byte> digests = stackalloc byte[4 * SHA256.HashSizeInBytes];
        SHA256.HashData(domain, digests);
        SHA256.HashData(first, digests[SHA256.HashSizeInBytes..]);
        SHA256.HashData(second, digests[(2 * SHA256.HashSizeInBytes)..]);
        SHA256.HashData(third, digests[(3 * SHA256.HashSizeInBytes)..]);

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(digests, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    /// <summary>All in one, each behind its length.</summary>
    private static UInt128 OfShort(
        ReadOnlySpan<byte> domain, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, int length)
    {
        Span<byte> all = stackalloc byte[MostInOne + (4 * sizeof(int))];
        var rest = all;
        Append(domain, ref rest);
        Append(first, ref rest);
        Append(second, ref rest);
        Append(third, ref rest);

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(all[..(length + (4 * sizeof(int)))], digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static void Append(ReadOnlySpan<byte> part, ref Span<byte> rest)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, part.Length);
        part.CopyTo(rest[sizeof(int)..]);
        rest = rest[(sizeof(int) + part.Length)..];
    }
}
