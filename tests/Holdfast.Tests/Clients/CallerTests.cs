using System.Net;
using Holdfast.Clients;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Tests.Clients;

/// <summary>Who pays, and who is told apart.</summary>
public sealed class CallerTests
{
    [Theory]
    [InlineData("user-agent: a", "user-agent: b", true)]
    [InlineData("anthropic-beta: a", "anthropic-beta: b", true)]
    [InlineData("idempotency-key: a", "idempotency-key: b", true)]
    [InlineData("x-request-id: a", "x-request-id: b", true)]
    [InlineData("api-key: a", "api-key: b", false)]
    [InlineData("cookie: a", "cookie: b", false)]
    [InlineData("openai-project: a", "openai-project: b", false)]
    [InlineData("x-forwarded-for: a", "x-forwarded-for: b", false)]
    [InlineData("x-api-key: k|x-forwarded-for: a", "x-api-key: k|x-forwarded-for: b", true)]
    [InlineData("x-api-key: a", "x-goog-api-key: a", false)]
    [InlineData("x-api-key: a|authorization: b", "authorization: b|X-Api-Key: a", true)]
    public void Who_pays_is_told_by_whatever_may_authenticate(string one, string other, bool isSame) =>
        Assert.Equal(isSame, CallerOf(one).Principal == CallerOf(other).Principal);

    [Theory]
    [InlineData("", "", false)]
    [InlineData("x-session-id: s", "x-session-id: s", false)]
    [InlineData("cookie: lang=en", "cookie: lang=en", false)]
    [InlineData("x-api-key:", "x-api-key:", false)]
    [InlineData("x-api-key: k", "x-api-key: k", true)]
    [InlineData("x-auth-token: k", "x-auth-token: k", true)]
    public void The_address_counts_where_there_is_no_secret(string one, string other, bool isSame)
    {
        var (here, there) = (CallerOf(one, address: "10.0.0.1"), CallerOf(other, address: "10.0.0.2"));

        Assert.Equal((isSame, isSame), (here.Principal == there.Principal, here.Fingerprint == there.Fingerprint));
    }

    [Theory]
    [InlineData("?key=a", "?key=b", false)]
    [InlineData("?key=a", "?k%65y=a", true)]
    [InlineData("?access_token=a", "?access_token=b", false)]
    [InlineData("?alt=sse&key=a", "?key=a", true)]
    public void A_key_in_the_query_pays_as_well(string one, string other, bool isSame)
    {
        var (first, second) = (CallerOf("", one), CallerOf("", other));

        Assert.Equal(isSame, first.Principal == second.Principal);
        Assert.Equal(isSame, first.CredentialName == second.CredentialName);
    }

    /// <summary>No value can pass for another's end, and no two lines for one.</summary>
    [Theory]
    [InlineData("x-a: b|x-c: d", "x-c: d|X-A: b", true)]
    [InlineData("x-a: b", "x-a: B", false)]
    [InlineData("x-a: bc", "x-ab: c", false)]
    [InlineData("x-a: b|x-a: c", "x-a: b,c", false)]
    [InlineData("x-a: b|x-a: c", "x-a: c|x-a: b", false)]
    [InlineData("x-a: b", "x-a: b|x-c: d", false)]
    [InlineData("holdfast-directory: a", "holdfast-directory: b", true)]
    public void A_head_is_the_same_where_every_header_that_counts_is(string one, string other, bool isSame) =>
        Assert.Equal(isSame, CallerOf(one).Fingerprint == CallerOf(other).Fingerprint);

    /// <summary>A limit is everybody's who shares the key, however else they differ.</summary>
    [Theory]
    [InlineData("x-api-key: k", "x-api-key: k|cookie: c|user-agent: a", true)]
    [InlineData("authorization: Bearer k", "authorization: Bearer k|x-forwarded-for: a", true)]
    [InlineData("api-key: a", "api-key: b", false)]
    [InlineData("x-api-key: placeholder|authorization: a", "x-api-key: placeholder|authorization: b", false)]
    [InlineData("x-goog-api-key: a|x-api-key: b", "x-api-key: b|x-goog-api-key: a", true)]
    public void The_credential_is_what_a_provider_is_paid_by(string one, string other, bool isSame)
    {
        var (first, second) = (CallerOf(one), CallerOf(other));

        Assert.Equal(isSame, first.CredentialName == second.CredentialName);
        Assert.Equal(isSame, first.Credential == second.Credential);
    }

    [Fact]
    public void Whoever_brings_no_credential_has_none() =>
        Assert.Equal((null, "client"), (CallerOf("user-agent: a").Credential, CallerOf("user-agent: a").CredentialName));

    [Fact]
    public void Every_header_that_does_not_count_is_listed_once_and_has_a_reason()
    {
        Assert.Equal(UncountedHeaders.All.Count, UncountedHeaders.All.DistinctBy(header => header.Name.ToLowerInvariant()).Count());
        Assert.All(UncountedHeaders.All, header => Assert.NotEmpty(header.Why));
    }

    private static Caller CallerOf(string headers, string query = "", string address = "10.0.0.1")
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        http.Request.QueryString = new(query);
        foreach (var header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            http.Request.Headers.Append(header[..colon], header[(colon + 1)..].Trim());
        }

        return new(http.Request);
    }
}
