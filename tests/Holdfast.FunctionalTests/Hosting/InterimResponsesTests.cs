using System.Net;
using System.Net.Sockets;
using Holdfast.Connections;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.AspNetCore.Http;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>Interim answers keep a waiting client's connection busy and leave the answer as it is.</summary>
public sealed class InterimResponsesTests
{
    private readonly List<bool> _sent = [];

    [Fact]
    public async Task Interim_answers_come_before_the_real_one_and_change_nothing_of_it()
    {
        await using var app = await ListeningApp.StartAsync(AnswerAfterTwoAsync);
        await using var client = await app.ConnectAsync();

        foreach (var _ in Enumerable.Range(0, 3))
        {
            var answer = await client.RequestAsync("POST", "/v1/messages", "{}");
            var body = await client.ReadTextAsync();

            Assert.All(answer.Interim, interim => Assert.Equal("HTTP/1.1 103 Early Hints\r\n\r\n", interim.Text));
            Assert.Equal(2, answer.Interim.Count);
            Assert.Equal(418, answer.Status);
            Assert.Equal("""{"late":true}""", body);
        }

        Assert.Equal(1, app.Counters[SocketEvent.Accepted]);
    }

    [Fact]
    public async Task They_are_seen_at_once_while_the_answer_is_not_there()
    {
        var waiting = new SyncPoint();
        await using var app = await ListeningApp.StartAsync(async http =>
        {
            await InterimResponses.TrySendAsync(http, http.RequestAborted);
            await waiting.WaitToContinueAsync();
            await http.Response.WriteAsync("late");
        });
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port);
        await client.GetStream().WriteAsync("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await waiting.WaitUntilReachedAsync();

        var interim = new byte[28];
        await client.GetStream().ReadExactlyAsync(interim).WithinTestTimeout();

        Assert.Equal("HTTP/1.1 103 Early Hints\r\n\r\n"u8, interim);
        waiting.Continue();
    }

    [Fact]
    public async Task They_pass_through_TLS()
    {
        using var certificates = new TestCertificates();
        await using var app = await StartTlsAsync(certificates);
        await using var client = await RawHttpClient.ConnectAsync(new Uri($"https://localhost:{app.Address.Port}"));

        var answer = await client.RequestAsync("POST", "/v1/messages", "{}");

        Assert.Equal(2, answer.Interim.Count);
        Assert.Equal(418, answer.Status);
        Assert.Equal("""{"late":true}""", await client.ReadTextAsync());
    }

    [Fact]
    public async Task On_HTTP2_none_is_sent()
    {
        using var certificates = new TestCertificates();
        await using var app = await StartTlsAsync(certificates);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"https://localhost:{app.Address.Port}/x"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        var answer = await http.SendAsync(request).WithinTestTimeout();

        Assert.Equal("""{"late":true}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal([false, false, false], _sent);
    }

    [Fact]
    public async Task A_dotnet_client_does_not_notice()
    {
        await using var app = await ListeningApp.StartAsync(AnswerAfterTwoAsync);
        using var http = new HttpClient();

        var answer = await http.PostAsync(new Uri(app.Address, "/x"), new StringContent("{}")).WithinTestTimeout();

        Assert.Equal(418, (int)answer.StatusCode);
        Assert.Equal("""{"late":true}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal([true, true, false], _sent);
    }

    [Fact]
    public async Task To_a_client_that_has_left_none_is_sent_and_nothing_is_thrown()
    {
        var left = new TaskCompletionSource<bool>();
        await using var app = await ListeningApp.StartAsync(async http =>
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            left.SetResult(await InterimResponses.TrySendAsync(http, CancellationToken.None));
        });
        var client = await app.ConnectAsync();
        await client.SendAsync("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await Wait.UntilAsync(() => app.Connections.Open.SingleOrDefault()?.IsBusy == true);

        client.Reset();

        Assert.False(await left.Task.WithinTestTimeout());
    }

    private Task<ListeningApp> StartTlsAsync(TestCertificates certificates) => ListeningApp.StartAsync(
        AnswerAfterTwoAsync, options => (options.Listen, options.Tls) = (["https://127.0.0.1:0"], certificates.Files));

    private async Task AnswerAfterTwoAsync(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null);
        _sent.Add(await InterimResponses.TrySendAsync(http, http.RequestAborted));
        _sent.Add(await InterimResponses.TrySendAsync(http, http.RequestAborted));
        http.Response.StatusCode = 418;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync("""{"late":true}""");
        await http.Response.Body.FlushAsync();
        _sent.Add(await InterimResponses.TrySendAsync(http, http.RequestAborted));
    }
}
