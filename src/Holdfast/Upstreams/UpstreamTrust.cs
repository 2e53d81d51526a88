using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Upstreams;

/// <summary>Whom an upstream's TLS trusts and who we are to it: system roots plus configured ones, TLS 1.2 and
/// 1.3, our client certificate. Reads PEM files; opens no connection.</summary>
internal static class UpstreamTrust
{
    public static SslClientAuthenticationOptions Build(UpstreamOptions options, UpstreamSurroundings surroundings)
    {
        var tls = new SslClientAuthenticationOptions
        {
            // Named, not left to the system: middleboxes that know 1.2 only exist, and older versions are broken.
#pragma warning disable CA5398 // Exactly these two are promised.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };

        tls.CertificateChainPolicy = Trusting(ExtraRoots(options, surroundings));

        if (options.ClientCertificate is { } certificate)
        {
            tls.ClientCertificateContext = LoadClientCertificate(certificate, options.ClientKey);
        }

        return tls;
    }

    /// <summary>Our certificate and its intermediates, for mTLS.</summary>
    public static SslStreamCertificateContext LoadClientCertificate(string certificate, string? key)
    {
        var own = X509Certificate2.CreateFromPemFile(certificate, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    /// <summary>The certificates of a PEM bundle.</summary>
    public static X509Certificate2Collection LoadRoots(string file)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots;
    }

    private static X509ChainPolicy Trusting(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,

            // A missing intermediate is the server's fault, as Node, Python and curl have it: fetching it would block a
            // thread that other sockets wait for, on a network that may be down.
            DisableCertificateDownloads = true,
        };
        if (roots.Count == 0)
        {
            return policy;
        }

        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(roots);

        // A custom store replaces the system's: both are to be trusted.
        foreach (var location in new[] { StoreLocation.LocalMachine, StoreLocation.CurrentUser })
        {
            using var store = new X509Store(StoreName.Root, location, OpenFlags.ReadOnly);
            policy.CustomTrustStore.AddRange(store.Certificates);
        }

        return policy;
    }

    private static X509Certificate2Collection ExtraRoots(UpstreamOptions options, UpstreamSurroundings surroundings)
    {
        if (options.CaFile is { } configured)
        {
            return LoadRoots(configured);
        }

        var roots = new X509Certificate2Collection();
        foreach (var variable in new[] { "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE" })
        {
            if (surroundings.Environment(variable) is not { Length: > 0 } file || IsSystemBundle(variable, file))
            {
                continue;
            }

            try
            {
                roots.AddRange(LoadRoots(file));
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException
                or CryptographicException)
            {
                // Like Node: the variable may be meant for other programs, and a start must not depend on it.
                surroundings.Logger.ExtraRootsUnreadable(variable, file, unreadable.Message);
            }
        }

        return roots;
    }

    // The runtime reads SSL_CERT_FILE of the process itself, as its system roots.
    private static bool IsSystemBundle(string variable, string file) =>
        string.Equals(variable, "SSL_CERT_FILE", StringComparison.Ordinal)
        && string.Equals(file, Environment.GetEnvironmentVariable(variable), StringComparison.Ordinal);
}
