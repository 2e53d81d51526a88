using System.CommandLine;
using Holdfast.Configuration;
using Holdfast.Configuration.Sources;

namespace Holdfast.Cli;

/// <summary>The options that choose a configuration, the same for every command that needs one.</summary>
internal sealed class ConfigurationArguments(IReadOnlyDictionary<string, string> environment)
{
    private readonly Option<string?> _config = new("--config")
    {
        HelpName = "FILE",
        Description = "The configuration file. Default: holdfast.json in HOLDFAST_HOME (~/.holdfast), if there is one.",
    };

    private readonly Option<string[]> _listen = new("--listen")
    {
        HelpName = "URL",
        Description = "An address to listen on, in the place of the configured ones; may be given several times.",
    };

    public void AddTo(Command command)
    {
        AddFileTo(command);
        command.Options.Add(_listen);
    }

    /// <summary>For a command that listens nowhere.</summary>
    public void AddFileTo(Command command) => command.Options.Add(_config);

    /// <param name="arguments">The command line.</param>
    /// <param name="expectsFile">Whether the default file must exist: it did when it was read before.</param>
    public (string Home, ConfigurationResult Result) Load(ParseResult arguments, bool expectsFile = false)
    {
        var home = HoldfastHome.Find(environment);
        return (home, HoldfastConfiguration.Load(new()
        {
            Home = home,
            ConfigFile = arguments.GetValue(_config),
            ExpectsFile = expectsFile,
            Environment = environment,
            Listen = arguments.GetValue(_listen) ?? [],
        }));
    }

    /// <summary>Prints every error, so that one start is enough to find them all.</summary>
    public static int Refuse(IReadOnlyList<ConfigurationError> errors, string? file, TextWriter error) =>
        Refuse([.. errors.Select(problem => problem.ToString())], file, error);

    /// <summary>Prints errors that somebody else found.</summary>
    public static int Refuse(IReadOnlyList<string> errors, string? file, TextWriter error)
    {
        var count = errors.Count == 1 ? "1 error" : $"{errors.Count} errors";
        error.WriteLine($"The configuration has {count}{(file is null ? "" : $" ({file})")}:");
        foreach (var problem in errors)
        {
            error.WriteLine($"  {problem}");
        }

        return ExitCodes.WrongUse;
    }
}
