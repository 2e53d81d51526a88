using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Connections;

/// <summary>A gateway that listens with TLS, and the certificate to trust. Owns both.</summary>
public sealed class TlsGateway : IAsyncLifetime
{
    private readonly SelfSigned _files = new();
    private BuiltGateway _gateway = null!;

    public string BaseUrl => _gateway.BaseUrl;

    /// <summary>The file with the certificate.</summary>
    public string Certificate => _files.Certificate;

    public async ValueTask InitializeAsync() => _gateway = await BuiltGateway.StartAsync(
        $$"""{ "tls": { "certificate": "{{_files.Certificate}}", "key": "{{_files.Key}}" } }""", "https://127.0.0.1:0");

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _files.Dispose();
    }
}
