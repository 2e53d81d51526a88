using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Holdfast.Connections;

/// <summary>Our own certificate: reads it from its PEM files and reads it again when they change, without a restart.
/// A file that became unusable leaves the old certificate in place. Safe for use from any thread.</summary>
internal sealed class CertificateStore
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(2);

    private readonly TlsOptions _files;
    private readonly TimeProvider _time;
    private readonly ILogger<CertificateStore> _logger;
    private volatile SslServerAuthenticationOptions _current;
    private byte[] _seen;
    private long _checkedAt;
    private int _isChecking;

    private CertificateStore(
        TlsOptions files, SslServerAuthenticationOptions current, byte[] seen, TimeProvider time,
        ILogger<CertificateStore> logger)
    {
        (_files, _current, _seen, _time, _logger) = (files, current, seen, time, logger);
        _checkedAt = time.GetTimestamp();
    }

    /// <summary>What the next handshake is to use. Looks at the files every few seconds at most; they are small, and
    /// their content is the only thing that tells a renewal on every kind of mount and link.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            RenewIfDue();
            return _current;
        }
    }

    /// <summary>Reads the files for the first time. Throws when they cannot be used: <see cref="Problem"/> says it
    /// before.</summary>
    public static CertificateStore Open(TlsOptions files, TimeProvider time, ILogger<CertificateStore> logger)
    {
        var read = Read(files);
        return read.Options is { } options
            ? new CertificateStore(files, options, read.Fingerprint, time, logger)
            : throw new InvalidOperationException(read.Problem);
    }

    /// <summary>Why the files cannot be used; null when they can.</summary>
    public static string? Problem(TlsOptions files) => Read(files).Problem;

    private void RenewIfDue()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _checkedAt)) < CheckInterval
            || Interlocked.Exchange(ref _isChecking, 1) == 1)
        {
            return;
        }

        try
        {
            Renew();
        }
        finally
        {
            Volatile.Write(ref _checkedAt, _time.GetTimestamp());
            Volatile.Write(ref _isChecking, 0);
        }
    }

    private void Renew()
    {
        var read = Read(_files);
        if (read.Fingerprint.AsSpan().SequenceEqual(_seen))
        {
            return;
        }

        // Remembered even if unusable: what is wrong is said once, not at each handshake.
        _seen = read.Fingerprint;
        if (read.Options is not { } options)
        {
            _logger.CertificateBroken(read.Problem!);
            return;
        }

        _current = options;
        var certificate = options.ServerCertificateContext!.TargetCertificate;
        _logger.CertificateRenewed(certificate.Subject, certificate.NotAfter);
    }

    private static ReadResult Read(TlsOptions files)
    {
        var setting = "tls.certificate";
        var path = files.Certificate;
        try
        {
            var certificates = File.ReadAllText(path);
            (setting, path) = ("tls.key", files.Key);
            var key = File.ReadAllText(path);
            var fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes($"{certificates}\0{key}"));
            return Parse(files, certificates, key) with { Fingerprint = fingerprint };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var problem = $"{setting} ({path}) cannot be read: {e.Message}";
            return new ReadResult(null, SHA256.HashData(Encoding.UTF8.GetBytes(problem)), problem);
        }
    }

    private static ReadResult Parse(TlsOptions files, string certificates, string key)
    {
        try
        {
            // The first certificate of the file is ours, the others lead to its root. The context keeps it, undisposed.
            var leaf = X509Certificate2.CreateFromPem(certificates, key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificates);
            var context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
            return new ReadResult(OptionsFor(context), [], null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return new ReadResult(
                null, [],
                $"tls.certificate ({files.Certificate}) and tls.key ({files.Key}) are no usable pair of PEM files: "
                    + $"{e.Message} The key must belong to the file's first certificate and have no password.");
        }
    }

    // One object for all handshakes of a certificate: TLS sessions can then be resumed.
    private static SslServerAuthenticationOptions OptionsFor(SslStreamCertificateContext context) => new()
    {
        ServerCertificateContext = context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };

    private sealed record ReadResult(SslServerAuthenticationOptions? Options, byte[] Fingerprint, string? Problem);
}
