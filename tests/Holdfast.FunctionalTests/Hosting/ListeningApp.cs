using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Hosting;
using Holdfast.TestKit;
using Holdfast.TestKit.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.FunctionalTests.Hosting;

/// <summary>The listeners alone, on real sockets, before an application of the test's own. Owns the application's
/// life.</summary>
internal sealed class ListeningApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ListeningApp(WebApplication app, TestLog log) => (_app, Log) = (app, log);

    public TestLog Log { get; }

    public SocketCounters Counters => _app.Services.GetRequiredService<SocketCounters>();

    public ConnectionWatch Connections => _app.Services.GetRequiredService<ConnectionWatch>();

    public Drain Drain => _app.Services.GetRequiredService<Drain>();

    /// <summary>The addresses that were bound, in the order of the settings.</summary>
    public IReadOnlyList<Uri> Addresses => _app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address)).ToList();

    public Uri Address => Addresses[0];

    /// <summary>Starts on a free port of 127.0.0.1, or as <paramref name="configure"/> says.</summary>
    /// <param name="answer">What every path but the probes answers.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <param name="asRemote">Whether connections of this machine are treated like those of any other.</param>
    /// <param name="time">The clock of everything but Kestrel itself.</param>
    public static async Task<ListeningApp> StartAsync(
        RequestDelegate? answer = null, Action<HoldfastOptions>? configure = null, bool asRemote = false,
        TimeProvider? time = null)
    {
        var options = new HoldfastOptions { Listen = ["http://127.0.0.1:0"] };
        configure?.Invoke(options);

        var log = new TestLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Information);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.ConfigureListeners(options, asRemote);

        var app = builder.Build();
        app.Use(ConnectionWatch.Use);
        app.UseProbes();
        app.Run(answer ?? (http => http.Response.WriteAsync("hello")));
        await app.StartAsync().WithinTestTimeout();
        return new ListeningApp(app, log);
    }

    public Task<RawHttpClient> ConnectAsync() => RawHttpClient.ConnectAsync(Address);

    /// <summary>Stops as a signal would: the drain first, then Kestrel.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>Waits until something was counted so often; a counter may follow its event by a moment.</summary>
    public Task CountedAsync(SocketEvent what, long count = 1) => Wait.UntilAsync(() => Counters[what] >= count);

    /// <summary>Waits until no connection is open any more: then everything was counted.</summary>
    public Task AllClosedAsync() => Wait.UntilAsync(() => Counters.Open == 0);

    public async ValueTask DisposeAsync()
    {
        // A test that failed in the middle may leave requests under way: they are not waited for.
        Drain.Force();
        await _app.DisposeAsync();
    }
}
