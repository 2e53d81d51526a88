using System.CommandLine;
using Holdfast.Configuration;
using Holdfast.Connections;
using Holdfast.Hosting;

namespace Holdfast.Cli;

/// <summary><c>holdfast serve</c>: runs the gateway until it is told to stop.</summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    public static Command Create(IReadOnlyDictionary<string, string> environment)
    {
        var arguments = new ConfigurationArguments(environment);
        var command = new Command(Name, "Run the gateway.");
        arguments.AddTo(command);
        command.SetAction((parsed, cancellationToken) => ServeAsync(arguments, parsed, cancellationToken));
        return command;
    }

    private static async Task<int> ServeAsync(
        ConfigurationArguments arguments, ParseResult parsed, CancellationToken cancellationToken)
    {
        var error = parsed.InvocationConfiguration.Error;
        var (home, configuration) = arguments.Load(parsed);
        if (!configuration.IsValid)
        {
            return ConfigurationArguments.Refuse(configuration.Errors, configuration.File, error);
        }

        if (HoldfastHome.Create(home) is { } problem)
        {
            return ConfigurationArguments.Refuse([problem], null, error);
        }

        try
        {
            SocketThreads.HandleEventsInPlace();
            
            // A file that was there is never taken for one that is not meant to be.
            await GatewayApp.RunAsync(
                configuration, () => arguments.Load(parsed, expectsFile: configuration.File is not null).Result, home,
                cancellationToken);
            return ExitCodes.Done;
        }
        catch (IOException taken)
        {
            // An address in use, or one that is not this machine's.
            await error.WriteLineAsync($"The gateway cannot start: {taken.Message}");
            return ExitCodes.Failed;
        }
    }
}
