using System.CommandLine;
using Holdfast.Admin;

namespace Holdfast.Cli;

/// <summary><c>holdfast status [--json]</c>: asks the running gateway what it is doing.</summary>
internal static class StatusCommand
{
    /// <param name="home">Says which folder is <c>HOLDFAST_HOME</c>.</param>
    public static Command Create(Func<string> home)
    {
        var json = new Option<bool>("--json") { Description = "Print the gateway's own JSON." };
        var command = new Command(
            "status", "Show what the running gateway does: open exchanges, totals, recent errors.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            home(), parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    /// <returns>0; 1 when no gateway runs.</returns>
    public static async Task<int> RunAsync(
        string home, bool asJson, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        switch (await StatusClient.AskAsync(home, cancellationToken))
        {
            case StatusAnswer.Running running:
                await output.WriteAsync(asJson ? running.Json + "\n" : StatusPage.Write(running.Status));
                return 0;
            case StatusAnswer.NotRunning notRunning:
                await error.WriteLineAsync($"No gateway runs: {notRunning.Why} Start one with `holdfast serve`.");
                return 1;
            default:
                throw new InvalidOperationException("There are two answers.");
        }
    }
}
