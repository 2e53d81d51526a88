using Holdfast.Wire.Passages;
using System.IO.Pipelines;
using System.Text;
using Holdfast.Answers;
using Holdfast.Clients;
using Holdfast.Configuration;
using Holdfast.Exchanges;
using Holdfast.Observability;
using Holdfast.Requests;
using Holdfast.Sinks;
using Holdfast.TestKit;
using Holdfast.Vigils;
using Holdfast.Wire;
using Holdfast.Wire.Protocols;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Tests.Proxy;

/// <summary>A keepalive never waits for a client that does not read, and never piles up before it.</summary>
public sealed class ClientStreamTests : IDisposable
{
    // Inline: whoever reads has let the writer go on when the reading returns.
    private readonly Pipe _client = new(new PipeOptions(
        pauseWriterThreshold: 200, resumeWriterThreshold: 100,
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

    private readonly GatewayMetrics _metrics = new();
    private readonly Exchange _exchange;
    private readonly ClientAnswer _answer;
    private readonly StreamPassage _passage;
    private readonly Vigil _vigil;

    public ClientStreamTests()
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(new PipeBody(_client.Writer));
        http.Request.Method = "POST";
        var options = new HoldfastOptions();
        var setup = new Setup
        {
            Upstreams = null!,
            Routes = null!,
            Failover = null!,
            Guard = null!,
            Prices = new([]),
            Streaming = options.Streaming,
            Timeouts = options.Timeouts,
            Deny = options.Deny,
            Limits = options.Limits,
        };
        var register = new ExchangeRegister(
            new(setup), new(),
            new ExchangeReporter(
                _metrics, null!, null!, null!, null!, null!, null!, NullLogger<ExchangeReporter>.Instance),
            null!, new ManualTime());
        var path = WirePath.Parse("/v1/messages")!;
        var client = ClientHeaders.Of(http.Request);
        _exchange = register.Begin(http, path, client);
        _answer = new ClientAnswer(_exchange);
        _vigil = new(new ManualTime(), CancellationToken.None);
        _vigil.Begin(Timeout.InfiniteTimeSpan, _answer, null, CancellationToken.None);
        using var request = new ClientRequest(http, path, client) { WantsStream = true };
        _answer.Wait(request, _vigil);
        _passage = Passage.Exact.Stream(path, new StreamContext(), isModelReplaced: false);
        Stream.Expect(AnswerHead.OfOwnStream(StreamFraming.ServerSentEvents), _passage);
        Stream.Begin();
    }

    private ClientStream Stream => _answer.Stream;

    public void Dispose()
    {
        _vigil.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task A_client_that_reads_gets_every_keepalive()
    {
        for (var i = 0; i < 3; i++)
        {
            await Stream.KeepAliveAsync();
            Assert.Equal("event: ping\ndata: {\"type\":\"ping\"}\n\n", await ReadAsync());
        }

        Assert.Equal(3, _exchange.Flight.Record.Keepalives);
    }

    [Fact]
    public async Task A_client_that_does_not_read_gets_no_second_one_before_it_took_the_first()
    {
        var content = Encoding.UTF8.GetBytes("data: " + new string('x', 170) + "\n\n");
        Stream.Write(content);
        await _answer.FlushAsync();

        await Stream.KeepAliveAsync();
        await Stream.KeepAliveAsync();
        await Stream.KeepAliveAsync();
        var first = await ReadAsync();
        await Stream.KeepAliveAsync();
        var second = await ReadAsync();

        const string Ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
        Assert.Equal(Encoding.UTF8.GetString(content) + Ping, first);
        Assert.Equal(Ping, second);
        Assert.Equal(2, _exchange.Flight.Record.Keepalives);
    }

    [Fact]
    public async Task None_comes_after_the_terminal_event()
    {
        _passage.Pass("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);

        await Stream.KeepAliveAsync();
        await _client.Writer.CompleteAsync();

        Assert.Equal("", await ReadAsync());
        Assert.Equal(0, _exchange.Flight.Record.Keepalives);
    }

    private async Task<string> ReadAsync()
    {
        var read = await _client.Reader.ReadAsync().WithinTestTimeout();
        var text = Encoding.UTF8.GetString(read.Buffer);
        _client.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();

        public PipeWriter Writer => writer;

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
