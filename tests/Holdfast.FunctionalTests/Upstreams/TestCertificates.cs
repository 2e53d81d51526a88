using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>A root of our own and a certificate for 127.0.0.1 under it, also as PEM files.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("holdfast-tls-");
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _server;

    public TestCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Corporate Root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = root.CreateSelfSigned(From, To);
        RootFile = Write("root.pem", _root.ExportCertificatePem());

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _server = Issue("CN=upstream", serverKey, "1.3.6.1.5.5.7.3.1");

        using var clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = Issue("CN=holdfast", clientKey, "1.3.6.1.5.5.7.3.2");
        ClientFile = Write("client.pem", client.ExportCertificatePem());
        ClientKeyFile = Write("client.key", clientKey.ExportPkcs8PrivateKeyPem());
    }

    public string RootFile { get; }

    public string ClientFile { get; }

    public string ClientKeyFile { get; }

    public X509Certificate2 ServerCertificate => _server;

    private static DateTimeOffset From => DateTimeOffset.UtcNow.AddDays(-1);

    private static DateTimeOffset To => DateTimeOffset.UtcNow.AddDays(10);

    public SslServerAuthenticationOptions Server(SslProtocols versions = SslProtocols.Tls12 | SslProtocols.Tls13) => new()
    {
        ServerCertificate = _server,
        EnabledSslProtocols = versions,
    };

    /// <summary>A server that demands a certificate under our root, in the handshake itself.</summary>
    public SslServerAuthenticationOptions MutualServer() => new()
    {
        ServerCertificate = _server,
        EnabledSslProtocols = SslProtocols.Tls12,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is not null && certificate.Issuer == _root.Subject,
    };

    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    private X509Certificate2 Issue(string subject, ECDsa key, string purpose)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var certificate = request.Create(_root, From, To.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        using var withKey = certificate.CopyWithPrivateKey(key);

        // The server side wants a key it can keep.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
