using System.Globalization;
using System.Security.Cryptography;

namespace Holdfast.Exchanges;

/// <summary>Makes the ids of exchanges: UUIDs of version 7 (RFC 9562), so that they sort by time. Their randomness is
/// fetched from the system for many at once: a call for each costs as much as parsing a request.</summary>
internal static class ExchangeIds
{
    private const int Length = 16;
    private const int Many = 256;

    [ThreadStatic]
    private static byte[]? s_random;

    [ThreadStatic]
    private static int s_left;

    /// <summary>A new id: 32 hexadecimal digits.</summary>
    public static string Next(DateTimeOffset now)
    {
        s_random ??= new byte[Length * Many];
        if (s_left == 0)
        {
            RandomNumberGenerator.Fill(s_random);
            s_left = Many;
        }

        var bytes = s_random.AsSpan(--s_left * Length, Length);
        var milliseconds = now.ToUnixTimeMilliseconds();
        for (var i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(milliseconds >> (8 * (5 - i)));
        }

        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true).ToString("n", CultureInfo.InvariantCulture);
    }
}
