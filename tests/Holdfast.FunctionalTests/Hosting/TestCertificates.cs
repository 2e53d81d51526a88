using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Connections;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>A folder with a certificate for localhost, its chain and its key, as a certificate authority would hand
/// them out; can be renewed. Owns the folder.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("holdfast-tls-");
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    public TestCertificates()
    {
        _root = Issue("CN=Test Root", issuer: null, isAuthority: true, out _);
        _intermediate = Issue("CN=Test Intermediate", _root, isAuthority: true, out _);
        Renew("CN=first");
    }

    public TlsOptions Files => new()
    {
        Certificate = Path.Combine(_folder.FullName, "fullchain.pem"),
        Key = Path.Combine(_folder.FullName, "privkey.pem"),
    };

    /// <summary>The root alone: a client that trusts only it needs the chain from the server.</summary>
    public X509Certificate2 Root => _root;

    /// <summary>Writes a new certificate and its key over the old ones.</summary>
    public void Renew(string subject)
    {
        using var leaf = Issue(subject, _intermediate, isAuthority: false, out var key);
        File.WriteAllText(Files.Key, key);
        File.WriteAllText(Files.Certificate, leaf.ExportCertificatePem() + "\n" + _intermediate.ExportCertificatePem() + "\n");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static X509Certificate2 Issue(string subject, X509Certificate2? issuer, bool isAuthority, out string keyPem)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        keyPem = key.ExportPkcs8PrivateKeyPem();
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        if (!isAuthority)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
        }

        // An issuer must outlive what it issues, also what it issues a second later.
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(issuer is null ? 90 : isAuthority ? 60 : 30));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using var issued = request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
