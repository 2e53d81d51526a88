using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Load;

/// <summary>What is compared.</summary>
internal enum Side
{
    Gateway,
    Floor,

    /// <summary>Another build of the gateway.</summary>
    Baseline,
}

/// <summary>How this run is made. Commands know {listen}, {upstream}, {config} and {address}.</summary>
internal sealed record Settings(
    int Rounds, bool Quick, string GatewayCommand, string FloorCommand, string SimulatorCommand, string Home)
{
    /// <summary>Another build of the gateway; null: none is measured.</summary>
    public string? BaselineCommand { get; init; }

    /// <summary>The sides of a round, in the order of the first.</summary>
    public IReadOnlyList<Side> Sides =>
        BaselineCommand is null ? [Side.Gateway, Side.Floor] : [Side.Gateway, Side.Floor, Side.Baseline];
}

/// <summary>A running gateway or floor that has answered its first 200.</summary>
internal sealed record Target(IPEndPoint Address, ChildProcess Process, TimeSpan StartTime) : IDisposable
{
    public void Dispose() => Process.Dispose();
}

/// <summary>Starts the simulator once and, in front of it, what is measured. Owns ports and configuration.</summary>
internal sealed class TestBed(Settings settings) : IDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);
    private (IPEndPoint Address, ChildProcess Process)? _simulator;

    public Settings Settings => settings;

    /// <summary>Starts what stands on a side.</summary>
    /// <param name="side">Which.</param>
    /// <param name="upstream">What stands behind it; the simulator if null.</param>
    /// <param name="configure">The gateway's configuration for that upstream; one upstream without a route if null.</param>
    /// <param name="by">The command; the side's own if null.</param>
    public async Task<Target> StartAsync(
        Side side, IPEndPoint? upstream = null, Func<IPEndPoint, string>? configure = null, string? by = null)
    {
        upstream ??= await SimulatorAsync();
        var address = FreeAddress();
        // A folder of its own: two gateways may run beside each other.
        var home = Path.Combine(settings.Home, address.Port.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(home);
        var config = Path.Combine(home, "holdfast.json");
        await File.WriteAllTextAsync(config, configure?.Invoke(upstream) ?? $$"""
            { "upstreams": { "anthropic": { "protocol": "anthropic", "baseUrl": "http://{{upstream}}" } } }
            """);
        var command = (by ?? CommandOf(side))
            .Replace("{listen}", $"http://{address}", StringComparison.Ordinal)
            .Replace("{upstream}", $"http://{upstream}", StringComparison.Ordinal)
            .Replace("{config}", config, StringComparison.Ordinal);
        var started = Stopwatch.GetTimestamp();
        var process = ChildProcess.Start(command, home);
        await WaitAsync(process, command, () => AnswersAsync(address));
        return new(address, process, Stopwatch.GetElapsedTime(started));
    }

    public void Dispose() => _simulator?.Process.Dispose();

    private string CommandOf(Side side) => side switch
    {
        Side.Gateway => settings.GatewayCommand,
        Side.Floor => settings.FloorCommand,
        _ => settings.BaselineCommand ?? throw new InvalidOperationException("There is no other build to start."),
    };

    private async Task<IPEndPoint> SimulatorAsync()
    {
        if (_simulator is null)
        {
            var address = FreeAddress();
            var command = settings.SimulatorCommand.Replace("{address}", address.ToString(), StringComparison.Ordinal);
            _simulator = (address, ChildProcess.Start(command, settings.Home));
            await WaitAsync(_simulator.Value.Process, command, () => AcceptsAsync(address));
        }

        return _simulator.Value.Address;
    }

    private static async Task WaitAsync(ChildProcess process, string command, Func<Task<bool>> isReady)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await isReady())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(started) > StartDeadline)
            {
                process.Dispose();
                throw new InvalidOperationException($"`{command}` did not start:\n{process.Log}");
            }

            await Task.Delay(2);
        }
    }

    private static async Task<bool> AnswersAsync(IPEndPoint address)
    {
        using var deadline = new CancellationTokenSource(StartDeadline);
        using var client = new LoadClient(address);
        return (await client.AskAsync(Requests.Health(address), deadline.Token)).Status == 200;
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint address)
    {
        using var deadline = new CancellationTokenSource(StartDeadline);
        using var client = new LoadClient(address);
        return await client.ConnectAsync(deadline.Token);
    }

    private static IPEndPoint FreeAddress()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)probe.LocalEndPoint!;
    }
}
