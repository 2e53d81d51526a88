using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Holdfast.Wire.Json;

/// <summary>The first 128 bits of a SHA-256: enough that nobody makes two that meet.</summary>
internal static class Digest
{
    public static UInt128 Of(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (bytes.IsSingleSegment)
        {
            SHA256.HashData(bytes.FirstSpan, digest);
        }
        else
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var part in bytes)
            {
                hash.AppendData(part.Span);
            }

            hash.GetHashAndReset(digest);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
