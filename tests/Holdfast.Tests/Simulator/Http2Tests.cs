using System.Net;
using System.Net.Security;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Network;
using Holdfast.Simulator.Transcripts;
using Holdfast.TestKit;

namespace Holdfast.Tests.Simulator;

public sealed class Http2Tests : IAsyncDisposable
{
    private readonly SimulatorCertificates _certificates = SimulatorCertificates.Create();
    private readonly SimulatedHttp2Upstream _upstream;
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public Http2Tests() => _upstream = SimulatedHttp2Upstream.Start(_certificates.Server);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _upstream.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task A_healthy_request_gets_the_transcript_and_connections_are_shared()
    {
        var texts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostAsync(new string('x', 200_000))))
            .WaitAsync(RawClient.Deadline);

        Assert.All(texts, t => Assert.Equal(AnthropicTranscript.Text.Text, t));
        Assert.Equal(8, _upstream.RequestCount);
        Assert.True(_upstream.ConnectionCount <= 2);
    }

    [Theory]
    [InlineData(Http2Fault.GoAwayUnprocessed)]
    [InlineData(Http2Fault.RefusedStream)]
    public async Task What_was_not_processed_may_be_sent_again(Http2Fault fault)
    {
        _upstream.Script(fault);

        var text = await PostAsync("x").WaitAsync(RawClient.Deadline);

        Assert.Equal(AnthropicTranscript.Text.Text, text);
        Assert.Equal(2, _upstream.RequestCount);
    }

    [Theory]
    [InlineData(Http2Fault.ResetBeforeHeaders, false)]
    [InlineData(Http2Fault.ResetMidBody, true)]
    [InlineData(Http2Fault.GoAwayThenClose, true)]
    [InlineData(Http2Fault.ConnectionResetMidBody, true)]
    public async Task What_was_processed_fails_where_it_stands(Http2Fault fault, bool hasHeaders)
    {
        _upstream.Script(fault);

        using var request = Request("x");
        Task<HttpResponseMessage> Send() => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!hasHeaders)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => Send().WaitAsync(RawClient.Deadline));
            return;
        }

        using var response = await Send().WaitAsync(RawClient.Deadline);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync().WaitAsync(RawClient.Deadline));
        Assert.Equal(1, _upstream.RequestCount);
    }

    [Fact]
    public async Task A_cancelled_stream_is_counted()
    {
        _upstream.Gate = new Gate();
        using var request = Request("x");
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(RawClient.Deadline);
        await _upstream.Gate.ReachedAsync().WaitAsync(RawClient.Deadline);

        response.Dispose();

        await Wait.UntilAsync(() => _upstream.ClientResetCount == 1);
    }

    private async Task<string> PostAsync(string body)
    {
        using var request = Request(body);
        using var response = await _client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private HttpRequestMessage Request(string body) => new(HttpMethod.Post, new Uri(_upstream.BaseUrl, "/v1/messages"))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = new StringContent(body),
    };
}
