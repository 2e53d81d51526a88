using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Simulator.Network;

/// <summary>Makes certificates in memory: a corporate root and a server's below it, or a self-signed one.</summary>
public sealed class SimulatorCertificates : IDisposable
{
    private SimulatorCertificates(X509Certificate2 authority, X509Certificate2 server) =>
        (Authority, Server) = (authority, server);

    /// <summary>The root a client must trust.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The server's certificate with its key, for <c>localhost</c>, 127.0.0.1 and ::1.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>A root and a server certificate it has issued.</summary>
    public static SimulatorCertificates Create(string name = "Holdfast simulator")
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = CreateAuthority(name, authorityKey);
        return new SimulatorCertificates(authority, Issue(authority));
    }

    /// <summary>A server certificate nobody has issued.</summary>
    public static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = Request(key).CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return Reload(certificate);
    }

    /// <summary>One more server certificate of the same root, for renewals.</summary>
    public X509Certificate2 IssueServer() => Issue(Authority);

    /// <summary>Writes <c>ca.pem</c>, <c>server.pem</c> and <c>server.key</c> into a directory.</summary>
    public (string Authority, string Certificate, string Key) WritePem(string directory) =>
        (WriteAuthority(directory), WriteCertificate(directory, Server), WriteKey(directory, Server));

    /// <summary>Writes a certificate and its key as <c>server.pem</c> and <c>server.key</c>.</summary>
    public static (string Certificate, string Key) WritePem(string directory, X509Certificate2 certificate) =>
        (WriteCertificate(directory, certificate), WriteKey(directory, certificate));

    /// <inheritdoc />
    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
    }

    private static X509Certificate2 CreateAuthority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name} CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(60));
        return Reload(certificate);
    }

    private static X509Certificate2 Issue(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        var request = Request(key);
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        using var issued = request.Create(
            authority, now.AddDays(-1), now.AddDays(30), RandomNumberGenerator.GetBytes(12));
        using var certificate = issued.CopyWithPrivateKey(key);
        return Reload(certificate);
    }

    private static CertificateRequest Request(ECDsa key)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        return request;
    }

    /// <summary>A key that lives with the certificate, as SslStream wants it on every platform.</summary>
    private static X509Certificate2 Reload(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);

    private string WriteAuthority(string directory) =>
        Write(directory, "ca.pem", Authority.ExportCertificatePem());

    private static string WriteCertificate(string directory, X509Certificate2 certificate) =>
        Write(directory, "server.pem", certificate.ExportCertificatePem());

    private static string WriteKey(string directory, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()
            ?? throw new ArgumentException("The certificate has no ECDSA key.", nameof(certificate));
        return Write(directory, "server.key", key.ExportPkcs8PrivateKeyPem());
    }

    private static string Write(string directory, string name, string text)
    {
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text + "\n");
        return path;
    }
}
