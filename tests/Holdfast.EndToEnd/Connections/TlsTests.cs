using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Connections;

/// <summary>The same promises over TLS, with HTTP/1.1 and with HTTP/2.</summary>
public sealed class TlsTests(TlsGateway gateway) : IClassFixture<TlsGateway>
{
    private static readonly string[] Models = ["sim", "sim-n5-i50-rst3", "sim-rst0"];

    public static TheoryData<string> Clients =>
        ["curl --http1.1", "curl --http2", "node:http2", "dotnet 2.0", "dotnet 1.1"];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Turns_and_their_failures_arrive_as_they_do_without_TLS(string client)
    {
        var turns = SampleRequests.Protocols.SelectMany(protocol => Models.Select(model => Turn(protocol, model))).ToList();

        var results = await SendAsync(client, turns);

        Assert.All(results, result => Assert.Null(result.Failure));
        foreach (var (protocol, answers) in SampleRequests.Protocols.Zip(results.Chunk(Models.Length)))
        {
            var (well, cut) = (SseTranscript.Parse(answers[0].Body), SseTranscript.Parse(answers[1].Body));
            var refused = answers[2];
            Assert.True(Reading.EndsWell(protocol, well));
            Assert.Equal(Reading.Text(deltas: 3), Reading.TextOf(protocol, cut));
            Assert.StartsWith("Connection to upstream server lost", Reading.ErrorOf(protocol, cut));
            Assert.Equal(502, refused.Status);
            Assert.StartsWith("Failed to connect to upstream server", Reading.ErrorOf(protocol, refused.Body));
        }
    }

    [Theory]
    [InlineData("--tlsv1.2", "--tls-max", "1.2")]
    [InlineData("--tlsv1.3", "--tls-max", "1.3")]
    public async Task TLS_1_2_and_1_3_are_spoken_and_HTTP2_is_agreed_on(params string[] versions)
    {
        string[] options = [.. versions, "--cacert", gateway.Certificate, "-o", "/dev/null", "-w", "%{http_version}"];

        var protocol = await Curl.GetAsync([.. options, gateway.BaseUrl + "/healthz"]);

        Assert.Equal("2", protocol.Trim());
    }

    private async Task<IReadOnlyList<HttpResult>> SendAsync(string client, IReadOnlyList<HttpTurn> turns)
    {
        switch (client.Split(' '))
        {
            case ["curl", var version]:
                return await Curl.SendAsync(turns, version, "--cacert", gateway.Certificate);
            case ["dotnet", var version]:
                using (var trusted = X509CertificateLoader.LoadCertificateFromFile(gateway.Certificate))
                {
                    return await DotNetHttp.SendAsync(turns, HandlerThatTrusts(trusted), Version.Parse(version));
                }

            default:
                return await HttpClients.RunAsync(
                    Repository.Node, Repository.NodeScript("http2.mjs"), turns, gateway.Certificate);
        }
    }

    private HttpTurn Turn(string protocol, string model)
    {
        var (path, body) = SampleRequests.Turn(protocol, model);
        return new(gateway.BaseUrl + path, body);
    }

    private static SocketsHttpHandler HandlerThatTrusts(X509Certificate2 certificate) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, theirs, _, errors) =>
                errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate.Equals(theirs),
        },
    };
}
