namespace Holdfast.Connections;

/// <summary>The certificate of our <c>https</c> listeners. Section <c>tls</c>. Reloaded when the files change.</summary>
public sealed class TlsOptions
{
    /// <summary>Path of the certificate chain in PEM form. Required.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>Path of the private key in PEM form. Required.</summary>
    public string Key { get; set; } = "";
}
