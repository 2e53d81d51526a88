using System.CommandLine;
using System.Net;
using Holdfast.Simulator;

namespace Holdfast.Cli;

/// <summary><c>holdfast simulate</c>: runs the simulator as a provider of its own, on loopback.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var listen = new Option<string>("--listen")
        {
            HelpName = "HOST:PORT",
            Required = true,
            Description = "The loopback address to listen on, as in 127.0.0.1:9000; port 0 takes a free one.",
        };
        var command = new Command("simulate", "Run a simulated provider that speaks every protocol and every fault.")
        {
            listen,
        };
        command.SetAction((parsed, cancellationToken) =>
            SimulateAsync(parsed.GetRequiredValue(listen), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    private static async Task<int> SimulateAsync(
        string listen, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        // Without a port the framework reads 0, which is a port only where it is written out.
        if (!IPEndPoint.TryParse(listen, out var endpoint) || !IPAddress.IsLoopback(endpoint.Address)
            || (endpoint.Port == 0 && !listen.EndsWith(":0", StringComparison.Ordinal)))
        {
            await console.Error.WriteLineAsync(
                $"--listen (\"{listen}\") is not a loopback address with a port: write 127.0.0.1:9000.");
            return ExitCodes.WrongUse;
        }

        try
        {
            await using var upstream = SimulatedUpstream.Start(new SimulatorOptions { Listen = endpoint, KeepRequests = false });
            await console.Output.WriteLineAsync($"The simulator listens on {upstream.BaseUrl}");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCodes.Done;
        }
        catch (System.Net.Sockets.SocketException taken)
        {
            await console.Error.WriteLineAsync($"The simulator cannot listen on {endpoint}: {taken.Message}");
            return ExitCodes.Failed;
        }
    }
}
