using System.Net;
using System.Security.Authentication;
using Holdfast.Wire.Errors;

namespace Holdfast.FunctionalTests.Upstreams;

/// <summary>TLS towards upstreams: versions, corporate roots, client certificates, and the words for what goes wrong.</summary>
public sealed class UpstreamTlsTests(TestCertificates certificates) : UpstreamTestBase, IClassFixture<TestCertificates>
{
    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public async Task Both_versions_are_spoken_and_the_trace_names_the_one_agreed(SslProtocols version, string name)
    {
        await using var server = RawUpstream.StartOk(certificates.Server(version));
        using var upstream = Connect(server.Url, options => options.CaFile = certificates.RootFile);

        var first = await AttemptAsync(upstream);
        var second = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(name, first.Trace.TlsVersion);
        Assert.NotNull(first.Trace.Tls);
        Assert.True(second.Trace.Reused);
        Assert.Equal(name, second.Trace.TlsVersion);
        Assert.Null(second.Trace.Tls);
    }

    [Fact]
    public async Task An_unknown_root_is_named_as_such_and_not_dialled_again()
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        using var upstream = Connect(server.Url);

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamTls, outcome.Failure?.Code);
        Assert.StartsWith("unable to verify the first certificate", outcome.Failure!.Detail);
        Assert.Equal(1, outcome.Trace.ConnectAttempts);
        Assert.Equal(0, server.Requests);
    }

    [Theory]
    [InlineData("NODE_EXTRA_CA_CERTS")]
    [InlineData("SSL_CERT_FILE")]
    public async Task The_usual_variables_name_further_roots(string variable)
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        using var upstream = Connect(
            server.Url, environment: name => name == variable ? certificates.RootFile : null);

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Fact]
    public async Task A_self_signed_certificate_is_accepted_when_it_is_the_file_itself()
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        var bundle = certificates.Write(
            "bundle.pem", certificates.ServerCertificate.ExportCertificatePem() + "\n" + File.ReadAllText(certificates.RootFile));
        using var upstream = Connect(server.Url, options => options.CaFile = bundle);

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Fact]
    public async Task An_unreadable_file_in_a_variable_does_not_stop_us()
    {
        await using var server = RawUpstream.StartOk();
        using var upstream = Connect(
            server.Url, environment: name => name == "NODE_EXTRA_CA_CERTS" ? "/nowhere/ca.pem" : null);

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Fact]
    public async Task Another_host_name_in_the_certificate_is_refused()
    {
        await using var server = RawUpstream.StartOk(certificates.Server());
        using var upstream = Connect(
            new($"https://upstream.example:{server.Port}"),
            options => options.CaFile = certificates.RootFile,
            resolve: (_, _) => Task.FromResult(new[] { IPAddress.Loopback }));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamTls, outcome.Failure?.Code);
        Assert.Contains("another host name", outcome.Failure!.Detail);
    }

    [Fact]
    public async Task Plain_text_on_a_TLS_port_is_called_wrong_version_number()
    {
        await using var server = RawUpstream.Start(async connection =>
        {
            await connection.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            await connection.ReadRequestAsync();
        });
        using var upstream = Connect(new($"https://127.0.0.1:{server.Port}"));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamTls, outcome.Failure?.Code);
        Assert.StartsWith("wrong version number", outcome.Failure!.Detail);
    }

    [Fact]
    public async Task A_connection_closed_in_the_handshake_is_a_TLS_failure_and_dialled_again()
    {
        await using var server = RawUpstream.Start(connection =>
        {
            connection.HangUp();
            return Task.CompletedTask;
        });
        using var upstream = Connect(new($"https://127.0.0.1:{server.Port}"));

        var outcome = await AttemptAsync(upstream);

        Assert.Same(ErrorCodes.UpstreamTls, outcome.Failure?.Code);
        Assert.Equal(2, outcome.Trace.ConnectAttempts);
    }

    [Fact]
    public async Task Our_client_certificate_is_shown_to_an_upstream_that_asks_for_it()
    {
        await using var server = RawUpstream.StartOk(certificates.MutualServer());
        using var upstream = Connect(server.Url, options =>
        {
            options.CaFile = certificates.RootFile;
            options.ClientCertificate = certificates.ClientFile;
            options.ClientKey = certificates.ClientKeyFile;
        });

        var outcome = await AttemptAsync(upstream);

        Assert.Equal(HttpStatusCode.OK, outcome.Status);
    }

    [Fact]
    public async Task An_upstream_that_misses_our_client_certificate_never_gets_the_request()
    {
        await using var server = RawUpstream.StartOk(certificates.MutualServer());
        using var upstream = Connect(server.Url, options => options.CaFile = certificates.RootFile);

        var outcome = await AttemptAsync(upstream);

        Assert.NotNull(outcome.Failure);
        Assert.Equal(0, server.Requests);
    }
}
