using System.CommandLine;
using System.Text;
using Holdfast.Configuration;

namespace Holdfast.Cli;

/// <summary><c>holdfast config</c>: prints the settings in force, or every error. Prints no secret.</summary>
internal static class ConfigCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> environment)
    {
        var arguments = new ConfigurationArguments(environment);
        var command = new Command("config", "Check the configuration; print the settings in force, without secrets.");
        arguments.AddTo(command);
        command.SetAction(parsed => Print(arguments, parsed));
        return command;
    }

    private static int Print(ConfigurationArguments arguments, ParseResult parsed)
    {
        var (home, configuration) = arguments.Load(parsed);
        if (!configuration.IsValid)
        {
            return ConfigurationArguments.Refuse(
                configuration.Errors, configuration.File, parsed.InvocationConfiguration.Error);
        }

        var text = SettingsText.Of(configuration.Options);
        var output = parsed.InvocationConfiguration.Output;
        output.WriteLine($"// home: {home}");
        output.WriteLine($"// file: {configuration.File ?? "none, defaults"}");
        output.WriteLine($"// digest: {text.Digest}");
        output.WriteLine(Encoding.UTF8.GetString(text.Json.Span));
        return ExitCodes.Done;
    }
}
