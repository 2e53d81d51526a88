using System.Net;

namespace Holdfast.Simulator;

/// <summary>Placeholder until the simulator is joined.</summary>
public sealed class SimulatedUpstream(SimulatorOptions options) : IAsyncDisposable
{
    public Uri BaseAddress => new($"http://{options.Listen}");

    public static SimulatedUpstream Start(SimulatorOptions options) => new(options);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Placeholder.</summary>
public sealed record SimulatorOptions
{
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);
}
