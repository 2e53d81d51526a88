using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Configuration;
using Holdfast.Recording.Privacy;

namespace Holdfast.Cli;

/// <summary><c>holdfast privacy</c>: the rules of what is recorded, and of what. A running gateway follows them within a
/// second; what it has recorded already only <c>purge</c> takes away.</summary>
internal static class PrivacyCommand
{
    /// <param name="environment">Says which folder is <c>HOLDFAST_HOME</c>.</param>
    /// <param name="time">The time.</param>
    /// <param name="terminal">Whoever can be asked; null without one.</param>
    public static Command Create(IReadOnlyDictionary<string, string> environment, TimeProvider time, TextReader? terminal)
    {
        var home = HoldfastHome.Find(environment);
        return new("privacy", "Say what is recorded, of which directories and sessions; delete what was.")
        {
            CreateList(home),
            CreateShow(home, environment),
            CreateSet(home),
            CreateUnset(home),
            CreateIgnore(home),
            CreateUnignore(home),
            PurgeCommand.Create(home, time, terminal),
        };
    }

    private static Command CreateList(string home)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("list", "List the rules.") { json };
        command.SetAction(parsed => Run(parsed, () =>
        {
            var rules = PrivacyRules.Read(home);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(new(rules.All), PrivacyPageJson.Default.PrivacyList));
                return ExitCodes.Done;
            }

            if (rules.All.Count == 0)
            {
                output.WriteLine("There are no rules: the configuration alone says what is recorded (recording.bodies).");
            }

            foreach (var rule in rules.All)
            {
                output.WriteLine($"{NameOf(rule)}: {WordsOf(rule)}");
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private static Command CreateShow(string home, IReadOnlyDictionary<string, string> environment)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var place = new PlaceOptions("Default: the current one.", mayBeBoth: true);
        var configuration = new ConfigurationArguments(environment);
        var command = new Command("show", "Show what would be recorded of a directory or a session, and which rule says so.") { json };
        place.AddTo(command);
        configuration.AddFileTo(command);
        command.SetAction(parsed => Run(parsed, () =>
        {
            var (_, settings) = configuration.Load(parsed);
            if (!settings.IsValid)
            {
                return ConfigurationArguments.Refuse(settings.Errors, settings.File, parsed.InvocationConfiguration.Error);
            }

            var (session, directory) = (place.SessionOf(parsed), place.DirectoryOf(parsed));
            directory ??= Environment.CurrentDirectory;
            var rules = PrivacyRules.Read(home);
            var recording = settings.Options.Recording;
            var deciding = rules.DecidingFor(session, directory);
            var shown = new PrivacyShown(
                session, directory, rules.For(session, directory, recording.Bodies), recording.Enabled, deciding.Bodies, deciding.Keep);
            if (parsed.GetValue(json))
            {
                parsed.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(shown, PrivacyPageJson.Default.PrivacyShown));
            }
            else
            {
                Show(shown, parsed.InvocationConfiguration.Output);
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private static void Show(PrivacyShown shown, TextWriter output)
    {
        if (shown.Session is { } session)
        {
            output.WriteLine($"session:    {Printable(session)}");
        }

        output.WriteLine($"directory:  {Printable(shown.Directory)}");
        var isIgnored = shown.Decision.Keep == RecordKeeping.Ignore;
        var whyBodies = isIgnored ? "it is ignored"
            : shown.BodiesRule is { } bodies ? $"the rule for {NameOf(bodies)}"
            : "the configuration: recording.bodies; a route may have its own";
        var whyKeep = shown.KeepRule is { } keep ? $"the rule for {NameOf(keep)}" : "no rule says otherwise";
        output.WriteLine($"bodies:     {WordOf(shown.Decision.Bodies)} ({whyBodies})");
        output.WriteLine($"keep:       {WordOf(shown.Decision.Keep)} ({whyKeep})");
        if (!shown.IsRecorded)
        {
            output.WriteLine("Nothing is recorded at all: recording.enabled is false.");
        }
    }

    private static Command CreateSet(string home)
    {
        var bodies = new Option<string?>("--bodies") { Description = "What is recorded of bodies." };
        bodies.AcceptOnlyFromAmong("none", "messages", "raw");
        var keep = new Option<string?>("--keep")
        {
            Description = "What may become of the records: all; local-only, never exported; ignore, nothing of whose and where.",
        };
        keep.AcceptOnlyFromAmong("all", "local-only", "ignore");
        var command = new Command("set", "Make a rule, or change the one there is.") { bodies, keep };
        var place = new PlaceOptions().AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(bodies) is null && result.GetResult(keep) is null)
            {
                result.AddError("Say what holds: --bodies none|messages|raw, --keep all|local-only|ignore, or both.");
            }
        });
        command.SetAction(parsed => Change(parsed, home, place, (rules, rule) => rules.With(rule with
        {
            Bodies = parsed.GetValue(bodies) is { } word ? Enum.Parse<BodyRecording>(word, ignoreCase: true) : null,
            Keep = parsed.GetValue(keep) is { } kept ? KeepingOf(kept) : null,
        })));
        return command;
    }

    private static Command CreateUnset(string home)
    {
        var command = new Command("unset", "Remove the rule of a directory or a session.");
        var place = new PlaceOptions().AddTo(command);
        command.SetAction(parsed => Change(parsed, home, place, (rules, rule) =>
            rules.All.Any(rule.IsForTheSameAs) ? rules.Without(rule) : null));
        return command;
    }

    private static Command CreateIgnore(string home)
    {
        var command = new Command("ignore", "Short for `set --keep ignore`.");
        var place = new PlaceOptions().AddTo(command);
        command.SetAction(parsed => Change(parsed, home, place, (rules, rule) => rules.With(rule with { Keep = RecordKeeping.Ignore })));
        return command;
    }

    private static Command CreateUnignore(string home)
    {
        var command = new Command("unignore", "Take back `ignore`.");
        var place = new PlaceOptions().AddTo(command);
        command.SetAction(parsed => Change(parsed, home, place, (rules, rule) =>
            rules.All.Any(other => other.IsForTheSameAs(rule) && other.Keep == RecordKeeping.Ignore) ? rules.WithoutKeep(rule) : null));
        return command;
    }

    private static int Change(
        ParseResult parsed, string home, PlaceOptions place, Func<PrivacyRules, PrivacyRule, PrivacyRules?> change) => Run(parsed, () =>
    {
        var console = parsed.InvocationConfiguration;
        var rule = place.RuleOf(parsed);
        var rules = PrivacyRules.Read(home);
        if (change(rules, rule) is not { } changed)
        {
            var other = rules.DecidingFor(rule.Session, rule.Directory).Keep;
            console.Error.WriteLine($"There is no such rule for {NameOf(rule)}."
                + (other is null ? "" : $" The one for {NameOf(other)} says {WordsOf(other)}: `holdfast privacy set` makes an exception."));
            return ExitCodes.Failed;
        }

        if (HoldfastHome.Create(home) is { } problem)
        {
            console.Error.WriteLine(problem.ToString());
            return ExitCodes.Failed;
        }

        changed.Write(home);
        var made = changed.All.FirstOrDefault(rule.IsForTheSameAs);
        console.Output.WriteLine($"{NameOf(rule)}: {(made is null ? "no rule any more" : WordsOf(made))}");
        return ExitCodes.Done;
    });

    private static int Run(ParseResult parsed, Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            parsed.InvocationConfiguration.Error.WriteLine(failed.Message);
            return ExitCodes.Failed;
        }
    }

    private static string NameOf(PrivacyRule rule) =>
        rule.Session is { } session ? $"session {Printable(session)}" : Printable(rule.Directory ?? "");

    private static string WordsOf(PrivacyRule rule) => string.Join(", ", ((string?[])[
        rule.Bodies is { } bodies ? $"bodies {WordOf(bodies)}" : null,
        rule.Keep is { } keep ? $"keep {WordOf(keep)}" : null]).OfType<string>());

    private static string WordOf(BodyRecording bodies) => bodies.ToString().ToLowerInvariant();

    private static string WordOf(RecordKeeping keep) => keep == RecordKeeping.LocalOnly ? "local-only" : keep.ToString().ToLowerInvariant();

    private static RecordKeeping KeepingOf(string word) =>
        word == "local-only" ? RecordKeeping.LocalOnly : Enum.Parse<RecordKeeping>(word, ignoreCase: true);

    // A session is named by a client: it must not write over the terminal.
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}

/// <summary>What <c>privacy list --json</c> prints.</summary>
internal sealed record PrivacyList(IReadOnlyList<PrivacyRule> Rules);

/// <summary>What <c>privacy show --json</c> prints.</summary>
/// <param name="Session">The session asked for.</param>
/// <param name="Directory">The directory asked for.</param>
/// <param name="Decision">What would be recorded.</param>
/// <param name="IsRecorded">Whether anything is recorded at all.</param>
/// <param name="BodiesRule">The rule that decides of bodies; null for the configuration.</param>
/// <param name="KeepRule">The rule that decides of keeping; null where none does.</param>
internal sealed record PrivacyShown(
    string? Session, string Directory, PrivacyDecision Decision, bool IsRecorded, PrivacyRule? BodiesRule, PrivacyRule? KeepRule);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PrivacyList))]
[JsonSerializable(typeof(PrivacyShown))]
internal sealed partial class PrivacyPageJson : JsonSerializerContext;
