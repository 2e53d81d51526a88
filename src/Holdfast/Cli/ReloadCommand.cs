using System.CommandLine;
using Holdfast.Admin;

namespace Holdfast.Cli;

/// <summary><c>holdfast reload [--json]</c>: the running gateway reads its configuration again.</summary>
internal static class ReloadCommand
{
    /// <param name="home">Says which folder is <c>HOLDFAST_HOME</c>.</param>
    public static Command Create(Func<string> home)
    {
        var json = new Option<bool>("--json") { Description = "Print the gateway's own JSON." };
        var command = new Command(
            "reload", "Let the running gateway read its configuration again; open turns go on by the old one.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            home(), parsed.GetValue(json), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    /// <returns>0; 1 where the configuration is wrong, or no gateway runs.</returns>
    public static async Task<int> RunAsync(
        string home, bool asJson, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        switch (await ReloadClient.AskAsync(home, cancellationToken))
        {
            case ReloadAnswer.Reloaded reloaded:
                await output.WriteAsync(asJson ? reloaded.Json + "\n" : PageOf(reloaded.Document));
                return ExitCodes.Done;
            case ReloadAnswer.Refused refused:
                ConfigurationArguments.Refuse(refused.Document.Errors, refused.Document.File, error);
                await error.WriteLineAsync("Nothing was changed: what was read before stays in force.");
                return ExitCodes.Failed;
            case ReloadAnswer.NotRunning notRunning:
                await error.WriteLineAsync($"No gateway runs: {notRunning.Why} Start one with `holdfast serve`.");
                return ExitCodes.Failed;
            default:
                throw new InvalidOperationException("There are three answers.");
        }
    }

    private static string PageOf(ReloadDocument reload)
    {
        var page = new StringWriter();
        page.WriteLine($"Read again: {reload.File ?? "no file, defaults"}, digest {reload.Digest[..12]}");
        page.WriteLine(reload.Changed.Count == 0 ? "Nothing changed." : $"Changed: {string.Join(", ", reload.Changed)}");
        if (reload.NeedsRestart.Count > 0)
        {
            page.WriteLine($"Only a restart changes: {string.Join(", ", reload.NeedsRestart)}");
        }

        return page.ToString();
    }
}
