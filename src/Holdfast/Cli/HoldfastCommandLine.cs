using System.CommandLine;
using Holdfast.Configuration;

namespace Holdfast.Cli;

/// <summary>The tree of commands and how one of them is run. Knows no command's insides.</summary>
internal static class HoldfastCommandLine
{
    public static RootCommand Create(IReadOnlyDictionary<string, string> environment) =>
        new("A gateway between coding agents and model providers: a turn goes through, whatever the sockets do.")
        {
            ServeCommand.Create(environment),
            ReloadCommand.Create(() => HoldfastHome.Find(environment)),
            StatusCommand.Create(() => HoldfastHome.Find(environment)),
            QueryCommand.Create(environment, TimeProvider.System),
            ExchangeCommand.Create(environment),
            CompactCommand.Create(environment, TimeProvider.System),
            PrivacyCommand.Create(environment, TimeProvider.System, Console.IsInputRedirected ? null : Console.In),
            SimulateCommand.Create(),
            ConfigCommand.Create(environment),
            ExplainCommand.Create(),
            ClassifyCommand.Create(environment, Console.In),
            PricesCommand.Create(environment, TimeProvider.System),
            DocsCommand.Create(),
        };

    // The gateway starts without the commands that it does not run.
    private static RootCommand For(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment) =>
        args is [ServeCommand.Name, ..] ? new() { ServeCommand.Create(environment) } : Create(environment);

    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment,
        TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var parsed = For(args, environment).Parse(args);
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
        };
        if (parsed.CommandResult.Command.Name == ServeCommand.Name)
        {
            // The gateway handles the signals itself: draining may take minutes.
            invocation.ProcessTerminationTimeout = null;
        }

        var exitCode = await parsed.InvokeAsync(invocation, cancellationToken);
        return parsed.Errors.Count > 0 ? ExitCodes.WrongUse : exitCode;
    }
}
