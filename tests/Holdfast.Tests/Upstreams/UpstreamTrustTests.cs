using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Upstreams;

namespace Holdfast.Tests.Upstreams;

public sealed class UpstreamTrustTests
{
    [Fact]
    public void Without_further_roots_the_system_decides_alone_and_downloads_nothing()
    {
        var tls = UpstreamTrust.Build(new(), Surroundings(_ => null));

        var policy = tls.CertificateChainPolicy!;
        Assert.Equal((X509ChainTrustMode.System, 0), (policy.TrustMode, policy.CustomTrustStore.Count));
        Assert.True(policy.DisableCertificateDownloads);
        Assert.Null(tls.RemoteCertificateValidationCallback);
    }

    [Fact]
    public void Further_roots_join_those_of_the_system_and_replace_none()
    {
        var file = Path.GetTempFileName();
        using var corporate = Root();
        File.WriteAllText(file, corporate.ExportCertificatePem());
        using var system = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);

        var tls = UpstreamTrust.Build(new() { CaFile = file }, Surroundings(_ => null));

        var trusted = tls.CertificateChainPolicy!.CustomTrustStore.Select(root => root.Thumbprint).ToHashSet();
        Assert.All(system.Certificates, root => Assert.Contains(root.Thumbprint, trusted));
        Assert.Contains(corporate.Thumbprint, trusted);
        File.Delete(file);
    }

    private static X509Certificate2 Root()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=Corporate Root", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static UpstreamSurroundings Surroundings(Func<string, string?> environment) =>
        new(TimeSpan.FromSeconds(10), TimeProvider.System, environment);
}
