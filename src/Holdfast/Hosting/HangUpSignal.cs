using System.Runtime.InteropServices;
using Holdfast.Reload;

namespace Holdfast.Hosting;

/// <summary>Hears SIGHUP. Of a process that was started on a terminal it says that the terminal is closed: it drains, as SIGTERM
/// makes it. Every other reloads its configuration, as services do. Where it is ignored (<c>nohup</c>) it stays so.</summary>
internal sealed class HangUpSignal(Reloader reloader, IHostApplicationLifetime lifetime, ILogger<HangUpSignal> logger)
    : IHostedService, IDisposable
{
    private readonly bool _isOnTerminal = ProcessTerminal.HasTerminal();
    private PosixSignalRegistration? _registration;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!ProcessTerminal.IgnoresHangUp())
        {
            _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registration?.Dispose();

    private void OnSignal(PosixSignalContext signal)
    {
        // Otherwise it would end the process at once. The signal comes on a thread of its own.
        signal.Cancel = true;
        if (_isOnTerminal)
        {
            // A terminal that closes may say so twice: it never ends the patience of a drain.
            lifetime.StopApplication();
            return;
        }

        try
        {
            reloader.Reload("SIGHUP");
        }
        catch (Exception e)
        {
            logger.HangUpFailed(e);
        }
    }
}
