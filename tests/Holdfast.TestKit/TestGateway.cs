using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Exchanges;
using Holdfast.Hosting;
using Holdfast.Journal;
using Holdfast.Recording.Records;
using Holdfast.Reload;
using Holdfast.Simulator;
using Holdfast.Sinks;
using Holdfast.TestKit.Sockets;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.TestKit;

/// <summary>The gateway as it ships, in this process, on a free loopback port, before one simulated upstream that serves
/// every protocol. Owns both, the log and the records.</summary>
public sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RecordLines _records;
    private readonly Func<HoldfastOptions> _options;

    private TestGateway(
        WebApplication app, SimulatedUpstream upstream, TestLog log, RecordLines records, Func<HoldfastOptions> options)
    {
        (_app, _records, _options) = (app, records, options);
        Upstream = upstream;
        Log = log;
        Address = new Uri(GatewayApp.Addresses(app)[0]);
    }

    /// <summary>The upstream behind it: what it received, what it answers.</summary>
    public SimulatedUpstream Upstream { get; }

    /// <summary>What was logged. An error nobody expected fails the test at the end.</summary>
    public TestLog Log { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Its services, for what cannot be seen through the front door.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts one.</summary>
    /// <param name="configure">Changes the settings; the upstreams are set already.</param>
    /// <param name="time">The gateway's clock; the system's if null. The upstream keeps the system's.</param>
    /// <param name="simulator">How the upstream listens.</param>
    /// <param name="upstream">Changes the upstream's settings.</param>
    /// <param name="treatsLoopbackAsRemote">Whether this machine's clients count as others.</param>
    /// <param name="upstreamAddress">Where the gateway thinks the upstream is (a relay, a closed port); else the truth.</param>
    /// <param name="home">Its folder for what outlives it; none if null.</param>
    /// <param name="services">Changes its services.</param>
    public static async Task<TestGateway> StartAsync(
        Action<HoldfastOptions>? configure = null, TimeProvider? time = null, SimulatorOptions? simulator = null,
        Action<UpstreamOptions>? upstream = null, bool treatsLoopbackAsRemote = false, Uri? upstreamAddress = null,
        string? home = null, Action<IServiceCollection>? services = null)
    {
        var simulated = SimulatedUpstream.Start(simulator ?? new SimulatorOptions { OtherModels = "sim" });
        HoldfastOptions NewOptions()
        {
            var made = OptionsFor(upstreamAddress ?? simulated.BaseUrl, upstream);
            configure?.Invoke(made);
            return made;
        }

        var options = NewOptions();
        var log = new TestLog();
        var records = new RecordLines();
        var app = GatewayApp.Build(options, new GatewayParts
        {
            Time = time ?? TimeProvider.System,
            ExchangeLog = records,
            Diagnostics = Stream.Null,
            Home = home,
            Environment = KeyOf,
            TreatsLoopbackAsRemote = treatsLoopbackAsRemote,
            Configure = all =>
            {
                all.AddSingleton<ILoggerProvider>(log);
                services?.Invoke(all);
            },
        });
        await app.StartAsync().WithinTestTimeout();
        return new TestGateway(app, simulated, log, records, NewOptions);
    }

    /// <summary>The secret that an environment variable <c>TEST_KEY</c>, <c>TEST_KEY_A</c> … holds.</summary>
    public static string? KeyOf(string variable) => variable == "TEST_KEY" ? "test-key-of-the-upstream"
        : variable.StartsWith("TEST_KEY_", StringComparison.Ordinal) ? $"secret-of-{variable}" : null;

    /// <summary>Reloads its configuration: as it was at the start, but for what is changed here.</summary>
    /// <returns>The settings that hold another value now.</returns>
    public IReadOnlyList<string> Reload(Action<HoldfastOptions> change)
    {
        var options = _options();
        change(options);
        return Services.GetRequiredService<Reloader>().Apply(new(options, [], null), "a test").Changed;
    }

    /// <summary>Lets it read a configuration that is wrong.</summary>
    public void Refuse(string problem) =>
        Services.GetRequiredService<Reloader>().Apply(new(_options(), [new("", problem)], null), "a test");

    /// <summary>A raw client with a connection of its own.</summary>
    public Task<RawHttpClient> ConnectAsync() => RawHttpClient.ConnectAsync(Address);

    /// <summary>The record of the next exchange that ends, in the order of their ends.</summary>
    public Task<ExchangeRecord> NextRecordAsync() => _records.NextAsync().WithinTestTimeout();

    /// <summary>Waits until the gateway has noticed that every client which had an exchange open has closed its connection.</summary>
    public async Task WhenClientsAreGoneAsync()
    {
        var open = Services.GetRequiredService<OpenExchanges>();
        var clients = open.Snapshot().OfType<Exchange>().Select(exchange => exchange.Http.RequestAborted);
        foreach (var gone in clients)
        {
            var noticed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = gone.Register(noticed.SetResult);
            await noticed.Task.WithinTestTimeout();
        }
    }

    /// <summary>The sum of the samples of <c>/metrics</c> that bear this name and these labels; 0 without any.</summary>
    /// <param name="name">The name, for example <c>holdfast_refusals_total</c>.</param>
    /// <param name="labels">Labels as they stand there, for example <c>error_type="bad_json"</c>.</param>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        await using var client = await ConnectAsync();
        await client.RequestAsync("GET", "/metrics");
        return (await client.ReadTextAsync()).Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal)
                && line[name.Length] is (' ' or '{')
                && labels.All(line.Contains))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until this many client connections are open.</summary>
    public Task WaitForConnectionsAsync(int count) =>
        Wait.UntilAsync(() => Services.GetRequiredService<SocketCounters>().Open == count);

    /// <summary>Waits until this many exchanges are open.</summary>
    public Task WaitForOpenExchangesAsync(int count) =>
        Wait.UntilAsync(() => Services.GetRequiredService<OpenExchanges>().Count == count);

    /// <summary>Waits until this many turns can be come back for.</summary>
    public Task WaitForTurnsAsync(int count) =>
        Wait.UntilAsync(() => Services.GetRequiredService<TurnJournal>().Count == count);

    /// <summary>Waits until the drain has begun.</summary>
    public Task WaitUntilDrainingAsync() => Wait.UntilAsync(() => Services.GetRequiredService<Drain>().IsDraining);

    /// <summary>Begins the drain and returns when the host has stopped.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        _app.Services.GetRequiredService<Drain>().Force();
        await _app.StopAsync().WithinTestTimeout();
        await _app.DisposeAsync();
        Log.AssertNoUnexpectedErrors();
        PoisoningPool.AssertNoFaults();
    }

    private static HoldfastOptions OptionsFor(Uri address, Action<UpstreamOptions>? change)
    {
        UpstreamOptions Of(ProtocolFamily family)
        {
            var options = new UpstreamOptions { Protocol = family, BaseUrl = address, Proxy = "off" };
            change?.Invoke(options);
            return options;
        }

        return new HoldfastOptions
        {
            Listen = ["http://127.0.0.1:0"],

            // One attempt, told as it ended: what is tried after it is asked for by the tests of failover.
            Failover = new() { Retries = 0, WaitForLimits = Timeout.InfiniteTimeSpan },

            // A client that leaves ends its turn: what goes on without it is asked for by the tests of re-attaching.
            Journal = new() { Enabled = false },
            Upstreams = new Dictionary<string, UpstreamOptions>(StringComparer.OrdinalIgnoreCase)
            {
                ["anthropic"] = Of(ProtocolFamily.Anthropic),
                ["openai"] = Of(ProtocolFamily.OpenAI),
                ["gemini"] = Of(ProtocolFamily.Gemini),
            },
        };
    }

    /// <summary>The stream the exchange log writes into: each line is a record.</summary>
    private sealed class RecordLines : Stream
    {
        private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly StreamReader _reader;
        private readonly SemaphoreSlim _one = new(1);

        public RecordLines() => _reader = new StreamReader(_pipe.Reader.AsStream());

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public async Task<ExchangeRecord> NextAsync()
        {
            await _one.WaitAsync();
            try
            {
                var line = await _reader.ReadLineAsync() ?? throw new InvalidOperationException("The log has ended.");
                return JsonSerializer.Deserialize(line, RecordJson.Default.ExchangeRecord)!;
            }
            finally
            {
                _one.Release();
            }
        }

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            buffer.CopyTo(_pipe.Writer.GetSpan(buffer.Length));
            _pipe.Writer.Advance(buffer.Length);
            _ = _pipe.Writer.FlushAsync().AsTask();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await _pipe.Writer.WriteAsync(buffer, CancellationToken.None);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
