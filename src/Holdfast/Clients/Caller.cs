using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Holdfast.Failover;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Clients;

/// <summary>Who sent a request: the one place that reads credentials out of its headers. There are three answers, each for uses
/// of its own; each is found when it is first asked for, at any time until the exchange ends. Nothing of a header is kept or can
/// be read back from the digests.</summary>
internal sealed class Caller(HttpRequest request)
{
    private UInt128? _fingerprint;
    private UInt128? _principal;
    private bool? _hasSecret;

    /// <summary>Everything a request says before its body, but what <see cref="UncountedHeaders"/> lists; and the address,
    /// where it bears no secret. An answer is handed only to a request in which all of it is the same: two callers who differ in
    /// a header unknown here may be two people, or ask under other rules.</summary>
    public UInt128 Fingerprint => _fingerprint ??= DigestOf(
        (name, values) => UncountedHeaders.CountedOf(name, values), hasAddress: !HasSecret, hasQuery: false);

    /// <summary>Who pays: whatever may authenticate, also in the query; where there is no secret, the address and what proxies
    /// say of it. It stays the same while a session's requests differ otherwise, so storms and the turns of a session are counted
    /// by it: a session is one only with its principal.</summary>
    public UInt128 Principal => _principal ??= DigestOf(
        (name, values) => CredentialNames.IsSecret(name) || CredentialNames.IsOwner(name)
            || (!HasSecret && CredentialNames.IsOrigin(name)) ? UncountedHeaders.CountedOf(name, values) : null,
        hasAddress: !HasSecret, hasQuery: true);

    /// <summary>What a provider is paid by, whole: the credentials providers take, else the one in the query; null without any.
    /// A limit or an empty account is everybody's who shares it, however else they differ: health and affinity go by it. Never
    /// logged, recorded or shown.</summary>
    public string? Credential
    {
        get
        {
            string? all = null;
            foreach (var name in CredentialNames.OfProviders)
            {
                if (request.Headers.TryGetValue(name, out var values) && !StringValues.IsNullOrEmpty(values))
                {
                    all = all is null ? values.ToString() : $"{all}\n{values}";
                }
            }

            foreach (var (name, value) in all is null ? SecretsInQuery() : [])
            {
                all = all is null ? value : $"{all}\n{value}";
            }

            return all;
        }
    }

    /// <summary>What <see cref="Credential"/> is called where it must not be shown.</summary>
    public string CredentialName => field ??= HealthKey.OfClient(Credential);

    private bool HasSecret => _hasSecret ??= FindSecret();

    private bool FindSecret()
    {
        foreach (var (name, values) in request.Headers)
        {
            if (CredentialNames.IsSecret(name) && !StringValues.IsNullOrEmpty(UncountedHeaders.CountedOf(name, values) ?? default))
            {
                return true;
            }
        }

        return SecretsInQuery().Count > 0;
    }

    /// <summary>Names decoded: <c>k%65y</c> is <c>key</c> to whoever is asked.</summary>
    private List<(string Name, string Value)> SecretsInQuery()
    {
        var secrets = new List<(string, string)>();
        foreach (var part in new QueryStringEnumerable(request.QueryString.Value))
        {
            var name = part.DecodeName().ToString();
            if (CredentialNames.IsSecret(name) && !part.EncodedValue.IsEmpty)
            {
                secrets.Add((name, part.DecodeValue().ToString()));
            }
        }

        return secrets;
    }

    private UInt128 DigestOf(Func<string, StringValues, StringValues?> counted, bool hasAddress, bool hasQuery)
    {
        var parts = new List<(string Name, StringValues Values)>(request.Headers.Count);
        foreach (var (name, values) in request.Headers)
        {
            if (counted(name, values) is { } what)
            {
                parts.Add((name.ToLowerInvariant(), what));
            }
        }

        parts.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, values) in parts)
        {
            Append(hash, name);
            Append(hash, values.Count);
            foreach (var value in values)
            {
                Append(hash, value ?? "");
            }
        }

        // No header has these names.
        foreach (var (name, value) in hasQuery ? SecretsInQuery() : [])
        {
            Append(hash, $"?{name}");
            Append(hash, value);
        }

        if (hasAddress)
        {
            Append(hash, "@");
            Append(hash, request.HttpContext.Connection.RemoteIpAddress?.ToString() ?? "");
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    // Behind its length: no text can pass for the end of another.
    private static void Append(IncrementalHash hash, string text)
    {
        Append(hash, text.Length);
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static void Append(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
