using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Failover;

/// <summary>What has a health of its own: one model with one credential of one upstream.</summary>
/// <param name="Upstream">The upstream's name.</param>
/// <param name="Credential">The credential's name, never the secret: its environment variable, or <see cref="OfClient"/>
/// where the client's own passes through.</param>
/// <param name="Model">The model as the upstream is asked for it; null is the credential as a whole.</param>
internal readonly record struct HealthKey(string Upstream, string Credential, string? Model)
{
    private const string Client = "client";

    /// <summary>Whether the credential is a client's own: it is not the gateway's to remember beyond its own life.</summary>
    public bool IsClients => Credential == Client || Credential.StartsWith(Client + ":", StringComparison.Ordinal);

    /// <summary>The credential as a whole.</summary>
    public HealthKey Whole => this with { Model = null };

    /// <summary>The name of a client's own credential: a fingerprint, which tells clients apart and gives nothing away of the
    /// secret. One client's limit is not another's.</summary>
    public static string OfClient(string? credential) => credential is null
        ? Client
        : $"{Client}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(credential)).AsSpan(0, 6))}";
}
