using System.Security.Cryptography;

namespace Holdfast.Upstreams;

/// <summary>The PEM files an upstream's settings name: they may be renewed without a change of the settings.</summary>
internal static class TrustFiles
{
    /// <summary>Stands for what the files hold now; empty where none is named.</summary>
    public static string FingerprintOf(UpstreamOptions options) => string.Concat(
        ((string?[])[options.CaFile, options.ClientCertificate, options.ClientKey]).OfType<string>().Select(OfFile));

    private static string OfFile(string path)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is wrong with it is said where it is used.
            return $"({e.GetType().Name})";
        }
    }
}
