using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Load;

/// <summary>The two that are compared.</summary>
internal enum Side
{
    Gateway,
    Floor,
}

/// <summary>How this run is made. Commands know {listen}, {upstream}, {config} and {address}.</summary>
internal sealed record Settings(
    int Rounds, bool Quick, string GatewayCommand, string FloorCommand, string SimulatorCommand, string Home);

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

    /// <summary>Starts the gateway or the floor.</summary>
    /// <param name="side">Which of them.</param>
    /// <param name="upstream">What stands behind it; the simulator if null.</param>
    /// <param name="configure">The gateway's configuration for that upstream; one upstream without a route if null.</param>
    public async Task<Target> StartAsync(
        Side side, IPEndPoint? upstream = null, Func<IPEndPoint, string>? configure = null)
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
        var command = (side == Side.Gateway ? settings.GatewayCommand : settings.FloorCommand)
            .Replace("{listen}", $"http://{address}", StringComparison.Ordinal)
            .Replace("{upstream}", $"http://{upstream}", StringComparison.Ordinal)
            .Replace("{config}", config, StringComparison.Ordinal);
        var started = Stopwatch.GetTimestamp();
        var process = ChildProcess.Start(command, home);
        await WaitAsync(process, command, () => AnswersAsync(address));
        return new(address, process, Stopwatch.GetElapsedTime(started));
    }

    public void Dispose() => _simulator?.Process.Dispose();

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

/// <summary>A gateway and a floor that stay up for all rounds of a measure.</summary>
/// <param name="bed">Starts them.</param>
/// <param name="configure">The gateway's configuration.</param>
/// <param name="configureFloor">Where a gateway plays the floor: its configuration.</param>
internal sealed class Pair(
    TestBed bed, Func<IPEndPoint, string>? configure = null, Func<IPEndPoint, string>? configureFloor = null) : IDisposable
{
    private Target? _gateway;
    private Target? _floor;

    public Target this[Side side] => (side == Side.Gateway ? _gateway : _floor)!;

    public async Task StartAsync()
    {
        _gateway = await bed.StartAsync(Side.Gateway, configure: configure);
        _floor = await bed.StartAsync(configureFloor is null ? Side.Floor : Side.Gateway, configure: configureFloor);
    }

    public void Dispose()
    {
        _gateway?.Dispose();
        _floor?.Dispose();
    }
}
