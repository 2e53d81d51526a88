using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Holdfast.Admin;

/// <summary>Serves the admin handlers on <c>$HOLDFAST_HOME/holdfast.sock</c>, for the user who runs the gateway
/// and nobody else. A server of its own, so that no listener for clients can ever reach them, and so that it still
/// answers while the gateway drains. Without it the gateway runs on.</summary>
internal sealed class AdminSocket(
    string home, StatusEndpoint status, ILoggerFactory loggers, IServiceProvider services)
    : IHostedLifecycleService, IHttpApplication<HttpContext>, IDisposable
{
    private readonly ILogger<AdminSocket> _logger = loggers.CreateLogger<AdminSocket>();
    private readonly string _path = AdminSocketFile.PathIn(home);
    private KestrelServer? _server;

    /// <summary>Begins once the gateway's listeners stand, so that they do not wait for it.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (AdminSocketFile.IsTooLong(_path))
        {
            _logger.SocketPathTooLong(_path);
            return;
        }

        if (AdminSocketFile.IsAlive(_path))
        {
            _logger.SocketTaken(_path);
            return;
        }

        try
        {
            await ListenAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            _logger.SocketFailed(_path, e.Message);
            _server?.Dispose();
            _server = null;
        }
    }

    /// <summary>Ends last, so that the status can be asked for as long as the gateway drains.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_server is not { } server)
        {
            return;
        }

        _server = null;
        await server.StopAsync(cancellationToken);
        server.Dispose();
        File.Delete(_path);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _server?.Dispose();

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context)
    {
        switch (context.Request.Method, context.Request.Path.Value)
        {
            case ("GET", "/status"):
                return status.AnswerAsync(context);
            case ("POST", ReloadEndpoint.Path):
                return services.GetRequiredService<ReloadEndpoint>().AnswerAsync(context);
            case ("POST", RecordingEndpoints.Complete):
                return services.GetRequiredService<RecordingEndpoints>().CompleteAsync(context);
            case ("POST", RecordingEndpoints.Forget):
                return services.GetRequiredService<RecordingEndpoints>().ForgetAsync(context);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        CreateHome();
        File.Delete(_path);
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        options.ListenUnixSocket(_path, listener => listener.Protocols = HttpProtocols.Http1);
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        _server = new KestrelServer(Options.Create(options), sockets, loggers);
        await _server.StartAsync(this, cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    // A folder that exists keeps its mode: it may be one that others need.
    private void CreateHome()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(home);
        }
        else if (!Directory.Exists(home))
        {
            Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
