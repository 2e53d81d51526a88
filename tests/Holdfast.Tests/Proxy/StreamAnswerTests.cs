using System.IO.Pipelines;
using System.Text;
using Holdfast.Accounts.Pricing;
using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Observability;
using Holdfast.Proxy;
using Holdfast.TestKit;
using Holdfast.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Tests.Proxy;

/// <summary>A keepalive never waits for a client that does not read, and never piles up before it.</summary>
public sealed class StreamAnswerTests : IDisposable
{
    // Inline: whoever reads has let the writer go on when the reading returns.
    private readonly Pipe _client = new(new PipeOptions(
        pauseWriterThreshold: 200, resumeWriterThreshold: 100,
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

    private readonly GatewayMetrics _metrics = new();
    private readonly Exchange _exchange;
    private readonly StreamAnswer _answer;

    public StreamAnswerTests()
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(new PipeBody(_client.Writer));
        var tools = new ExchangeTools(
            new ManualTime(), new ExchangeReporter(_metrics, null!, null!, null!, null!, null!, null!), _metrics, new OpenExchanges(),
            new ErrorTexts(new HoldfastOptions()),
            new Drain(TimeSpan.Zero, null!, TimeProvider.System, NullLogger<Drain>.Instance), new PriceBook([]),
            null!, NullLogger<Exchange>.Instance);
        _exchange = new Exchange(http, WireProtocol.Anthropic, ClientHeaders.Of(http.Request), tools);
        _answer = new StreamAnswer(_exchange, WireProtocol.Anthropic.Follow(new StreamContext()), KeepAliveForm.Ping);
    }

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task A_client_that_reads_gets_every_keepalive()
    {
        for (var i = 0; i < 3; i++)
        {
            _answer.KeepAlive();
            Assert.Equal("event: ping\ndata: {\"type\":\"ping\"}\n\n", await ReadAsync());
        }

        Assert.Equal(3, _exchange.Record.Keepalives);
    }

    [Fact]
    public async Task A_client_that_does_not_read_gets_no_second_one_before_it_took_the_first()
    {
        var content = Encoding.UTF8.GetBytes("data: " + new string('x', 170) + "\n\n");
        _answer.Write(content);
        await _answer.FlushAsync();

        _answer.KeepAlive();
        _answer.KeepAlive();
        _answer.KeepAlive();
        var first = await ReadAsync();
        _answer.KeepAlive();
        var second = await ReadAsync();

        const string Ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
        Assert.Equal(Encoding.UTF8.GetString(content) + Ping, first);
        Assert.Equal(Ping, second);
        Assert.Equal(2, _exchange.Record.Keepalives);
    }

    [Fact]
    public async Task None_comes_after_the_terminal_event()
    {
        _answer.Follower.Observe("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);

        _answer.KeepAlive();
        await _client.Writer.CompleteAsync();

        Assert.Equal("", await ReadAsync());
        Assert.Equal(0, _exchange.Record.Keepalives);
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
