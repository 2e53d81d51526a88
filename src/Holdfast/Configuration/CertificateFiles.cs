using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Configuration;

/// <summary>Checks that PEM files hold what they should. Keeps nothing of what it reads.</summary>
internal static class CertificateFiles
{
    public static string? PairProblem(string certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
            return null;
        }
        catch (Exception broken)
            when (broken is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return $"and its key ({key}) are not a PEM certificate with its unencrypted private key: "
                + $"check `openssl x509 -in {certificate}` and `openssl pkey -in {key}`.";
        }
    }

    public static string? RootsProblem(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? null : "holds no certificate: name a PEM file with BEGIN CERTIFICATE in it.";
        }
        catch (Exception broken) when (broken is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"holds no readable certificate: check `openssl x509 -in {file}`.";
        }
    }
}
