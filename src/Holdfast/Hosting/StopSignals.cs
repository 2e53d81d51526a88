using System.Runtime.InteropServices;
using Holdfast.Connections;

namespace Holdfast.Hosting;

/// <summary>Hears SIGINT and SIGTERM beside the host: the first begins the drain (the host does that), the second ends
/// its patience. Only <c>holdfast serve</c> adds it; tests have no signals.</summary>
internal sealed class StopSignals(Drain drain) : IHostedService, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _registrations.Clear();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        // Otherwise the second signal would end the process at once.
        signal.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            drain.Force();
        }
    }
}
