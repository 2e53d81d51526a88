using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Simulator.Transcripts;

/// <summary>Signs the simulator's own thinking, so that its strict mode can tell a changed or foreign block.</summary>
/// <remarks>The key protects nothing and is the same everywhere: a block survives a restart of the simulator.</remarks>
public static class ThinkingSignature
{
    private static readonly byte[] Key = "holdfast simulator thinking signature"u8.ToArray();

    /// <summary>The base64 signature of a thinking block's text.</summary>
    public static string Sign(string thinking) =>
        Convert.ToBase64String(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(thinking)));
}
