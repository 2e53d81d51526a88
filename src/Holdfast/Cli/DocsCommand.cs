using System.CommandLine;
using Holdfast.Cli.Documents;

namespace Holdfast.Cli;

/// <summary><c>holdfast docs</c>, hidden: writes the documents that are generated from the code.</summary>
internal static class DocsCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--out")
        {
            HelpName = "FOLDER",
            Description = "Where to write them.",
            DefaultValueFactory = _ => "docs",
        };
        var command = new Command("docs", "Write the generated documents.") { folder };
        command.Hidden = true;
        command.SetAction(parsed => Write(parsed.GetRequiredValue(folder), parsed.InvocationConfiguration.Output));
        return command;
    }

    /// <summary>The documents by file name, the command line's among them.</summary>
    public static IReadOnlyDictionary<string, string> Documents() => GeneratedDocuments.All(
        HoldfastCommandLine.Create(new Dictionary<string, string>(StringComparer.Ordinal)), ExitCodes.All);

    private static int Write(string folder, TextWriter output)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in Documents())
        {
            var file = Path.Combine(folder, name);
            File.WriteAllText(file, text);
            output.WriteLine(file);
        }

        return ExitCodes.Done;
    }
}
