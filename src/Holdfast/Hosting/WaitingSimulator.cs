using System.Net;
using System.Net.Sockets;
using Holdfast.Simulator;

namespace Holdfast.Hosting;

/// <summary>Listens in the simulator's place until somebody connects: most gateways are never asked for it, and its code and what it
/// loads would take a twentieth of their start and seven megabytes. Owns the socket until then.</summary>
internal sealed class WaitingSimulator : IAsyncDisposable
{
    private readonly Lock _beginning = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SocketAsyncEventArgs _first = new();
    private IAsyncDisposable? _simulator;
    private bool _isDisposed;

    public WaitingSimulator()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        BaseUrl = new Uri($"http://{_listener.LocalEndPoint}");
        _first.Completed += (_, _) => Accepted();
        Accept();
    }

    /// <summary>Where it listens.</summary>
    public Uri BaseUrl { get; }

    public async ValueTask DisposeAsync()
    {
        IAsyncDisposable? simulator;
        lock (_beginning)
        {
            _isDisposed = true;
            simulator = _simulator;
        }

        _listener.Dispose();
        if (simulator is not null)
        {
            await simulator.DisposeAsync();
        }
    }

    private void Accept()
    {
        if (!_listener.AcceptAsync(_first))
        {
            Accepted();
        }
    }

    // On the pool: other sockets wait for the thread that hears of this one.
    private void Accepted() => ThreadPool.UnsafeQueueUserWorkItem(static waiting => waiting.Begin(), this, preferLocal: false);

    private void Begin()
    {
        lock (_beginning)
        {
            if (_isDisposed)
            {
                _first.AcceptSocket?.Dispose();
            }
            else if (_first.SocketError == SocketError.Success)
            {
                _simulator = Simulate(_listener, _first.AcceptSocket!);
            }
            else
            {
                // Who connected has left already.
                Accept();
            }
        }
    }

    // Apart, so that nothing of the simulator is loaded before.
    private static SimulatedUpstream Simulate(Socket listener, Socket first) =>
        SimulatedUpstream.GoOn(new SimulatorOptions { KeepRequests = false }, listener, first);
}
