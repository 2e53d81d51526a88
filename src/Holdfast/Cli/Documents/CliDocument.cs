using System.CommandLine;
using System.Text;

namespace Holdfast.Cli.Documents;

/// <summary>Writes <c>docs/cli.md</c> from the tree of commands.</summary>
internal static class CliDocument
{
    public static string Write(Command root, IReadOnlyList<(int Code, string Meaning)> exitCodes)
    {
        var page = new StringBuilder().Append(GeneratedDocuments.Notice).Append("\n# Commands\n\n");
        page.Append("In a checkout each is run as `./holdfast …`, which builds what is not built. ")
            .Append("`--help` explains any command, `--version` prints the version.\n");
        foreach (var command in root.Subcommands.Where(command => !command.Hidden))
        {
            WriteCommand(page, command, command.Name);
        }

        page.Append("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
        foreach (var (code, meaning) in exitCodes)
        {
            page.Append($"| {code} | {meaning} |\n");
        }

        return page.ToString();
    }

    private static void WriteCommand(StringBuilder page, Command command, string name)
    {
        if (command.Subcommands.Count > 0)
        {
            page.Append($"\n## holdfast {name}\n\n{command.Description}\n");
            foreach (var sub in command.Subcommands.Where(sub => !sub.Hidden))
            {
                WriteCommand(page, sub, $"{name} {sub.Name}");
            }

            return;
        }

        page.Append($"\n## holdfast {name}\n\n{command.Description}\n\n```\nholdfast {name}");
        foreach (var argument in command.Arguments)
        {
            page.Append(argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}]" : $" {argument.Name}");
        }

        var options = command.Options.Where(option => !option.Hidden).ToArray();
        foreach (var option in options)
        {
            page.Append(option.Required ? $" {Usage(option)}" : $" [{Usage(option)}]")
                .Append(MayRepeat(option) ? "…" : "");
        }

        page.Append("\n```\n");
        var rows = command.Arguments.Select(argument => (argument.Name, argument.Description))
            .Concat(options.Select(option => (Usage(option), option.Description)))
            .ToArray();
        if (rows.Length > 0)
        {
            page.Append("\n| | |\n|---|---|\n");
            foreach (var (word, meaning) in rows)
            {
                page.Append($"| `{word}` | {meaning} |\n");
            }
        }
    }

    private static string Usage(Option option) => option.HelpName is { } value ? $"{option.Name} {value}" : option.Name;

    private static bool MayRepeat(Option option) => option.Arity.MaximumNumberOfValues > 1;
}
