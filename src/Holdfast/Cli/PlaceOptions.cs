using System.CommandLine;
using Holdfast.Recording.Privacy;

namespace Holdfast.Cli;

/// <summary>The options that name a directory or a session, the same for every command that needs one of them.</summary>
/// <param name="more">What the directory's description says besides.</param>
/// <param name="mayBeBoth">Whether both may be given, or none; else it is exactly one.</param>
internal sealed class PlaceOptions(string more = "", bool mayBeBoth = false)
{
    private readonly Option<string?> _directory = new("--directory")
    {
        HelpName = "D",
        Description = $"A directory, with all below it. {more}".TrimEnd(),
    };

    private readonly Option<string?> _session = new("--session")
    {
        HelpName = "S",
        Description = "A session, as its client names it.",
    };

    /// <summary>The options, for a command that counts them among others.</summary>
    public IReadOnlyList<Option> All => [_directory, _session];

    public PlaceOptions AddTo(Command command)
    {
        command.Options.Add(_directory);
        command.Options.Add(_session);
        if (!mayBeBoth)
        {
            command.Validators.Add(result =>
            {
                if (All.Count(option => result.GetResult(option) is not null) != 1)
                {
                    result.AddError("Name one of them: --directory D or --session S.");
                }
            });
        }

        return this;
    }

    /// <summary>The absolute path of the directory, without a slash at its end.</summary>
    public string? DirectoryOf(ParseResult parsed) => parsed.GetValue(_directory) is { } directory
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))
        : null;

    public string? SessionOf(ParseResult parsed) => parsed.GetValue(_session);

    /// <summary>A rule for it that says nothing yet.</summary>
    public PrivacyRule RuleOf(ParseResult parsed) => new() { Directory = DirectoryOf(parsed), Session = SessionOf(parsed) };
}
