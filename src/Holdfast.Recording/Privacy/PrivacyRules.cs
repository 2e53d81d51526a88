using System.Text.Json;
using Holdfast.Recording.Segments;

namespace Holdfast.Recording.Privacy;

/// <summary>All rules of a home, as of one moment. Immutable.</summary>
public sealed class PrivacyRules
{
    /// <summary>The file in <c>HOLDFAST_HOME</c> that holds them.</summary>
    public const string FileName = "privacy.json";

    /// <summary>No rules.</summary>
    public static PrivacyRules Empty { get; } = new([]);

    /// <summary>In the place of rules that cannot be read: whoever must not be recorded is not known, so nobody is.</summary>
    public static PrivacyRules Unreadable { get; } = new([]) { IsUnreadable = true };

    private PrivacyRules(IReadOnlyList<PrivacyRule> all) => All = all;

    /// <summary>Whether these stand for rules that cannot be read.</summary>
    public bool IsUnreadable { get; private init; }

    /// <summary>The rules, in the order in which they were made.</summary>
    public IReadOnlyList<PrivacyRule> All { get; }

    /// <summary>Whether any goes by the directory.</summary>
    public bool GoByDirectory => All.Any(rule => rule.Directory is not null);

    /// <summary>Reads them; none where there is no file. Throws <see cref="InvalidDataException"/> where it is broken.</summary>
    public static PrivacyRules Read(string home)
    {
        var path = Path.Combine(home, FileName);
        try
        {
            var rules = JsonSerializer.Deserialize(File.ReadAllBytes(path), PrivacyJson.Default.PrivacyDocument)?.Rules ?? [];
            return rules.All(rule => rule is { Session: not null } or { Directory: not null })
                ? new(rules)
                : throw new InvalidDataException($"{path} has a rule without a session and without a directory.");
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty;
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{path} cannot be understood: {broken.Message}", broken);
        }
    }

    /// <summary>Writes them in the place of those before, at once.</summary>
    public void Write(string home)
    {
        var path = Path.Combine(home, FileName);
        using (var file = SegmentFolder.MakeFile($"{path}.next"))
        {
            JsonSerializer.Serialize(file, new() { Rules = All }, PrivacyJson.Default.PrivacyDocument);
        }

        File.Move($"{path}.next", path, overwrite: true);
    }

    /// <summary>The rules with this one: what it says is added to what was said of the same before.</summary>
    public PrivacyRules With(PrivacyRule rule)
    {
        var before = All.FirstOrDefault(rule.IsForTheSameAs);
        var both = rule with { Bodies = rule.Bodies ?? before?.Bodies, Keep = rule.Keep ?? before?.Keep };
        return new([.. All.Where(other => !rule.IsForTheSameAs(other)), both]);
    }

    /// <summary>The rules without the one for the same.</summary>
    public PrivacyRules Without(PrivacyRule rule) => new([.. All.Where(other => !rule.IsForTheSameAs(other))]);

    /// <summary>The rules without what this one's says of keeping; a rule that says nothing then is gone.</summary>
    public PrivacyRules WithoutKeep(PrivacyRule rule)
    {
        var before = All.FirstOrDefault(rule.IsForTheSameAs);
        var rest = Without(rule);
        return before?.Bodies is null ? rest : rest.With(before with { Keep = null });
    }

    /// <summary>What they come to. What a session's rule says goes before what a directory's says, a directory's before that of
    /// one above it, and every rule before the configuration. Of what is ignored no bodies are recorded.</summary>
    /// <param name="session">The session, if it has a name.</param>
    /// <param name="directory">The directory, if it is known.</param>
    /// <param name="configured">What the configuration says of bodies.</param>
    public PrivacyDecision For(string? session, string? directory, BodyRecording configured)
    {
        if (IsUnreadable)
        {
            return new(BodyRecording.None, RecordKeeping.Ignore);
        }

        var (bodies, keep) = DecidingFor(session, directory);
        return keep?.Keep == RecordKeeping.Ignore
            ? new(BodyRecording.None, RecordKeeping.Ignore)
            : new(bodies?.Bodies ?? configured, keep?.Keep ?? RecordKeeping.All);
    }

    /// <summary>Which rules decide of bodies and of keeping; null where none does.</summary>
    public (PrivacyRule? Bodies, PrivacyRule? Keep) DecidingFor(string? session, string? directory)
    {
        var ranked = All.Where(rule => Matches(rule, session, directory)).OrderByDescending(Rank).ToList();
        return (ranked.Find(rule => rule.Bodies is not null), ranked.Find(rule => rule.Keep is not null));
    }

    /// <summary>What may become of a record whose directory cannot be found out: it may be any.</summary>
    public RecordKeeping StrictestFor(string? session) => IsUnreadable ? RecordKeeping.Ignore
        : DecidingFor(session, null).Keep?.Keep
            ?? All.Where(rule => rule.Directory is not null).Max(rule => rule.Keep) ?? RecordKeeping.All;

    private static bool Matches(PrivacyRule rule, string? session, string? directory) =>
        (rule.Session is null || rule.Session == session)
        && (rule.Directory is not { } above || (directory is not null && IsAtOrBelow(directory, above)));

    /// <summary>Whether a path is that of a directory, or of something in it.</summary>
    internal static bool IsAtOrBelow(string path, string directory)
    {
        var above = directory.TrimEnd('/', '\\');
        return path.StartsWith(above, StringComparison.Ordinal)
            && (path.Length == above.Length || path[above.Length] is '/' or '\\');
    }

    private static int Rank(PrivacyRule rule) =>
        rule.Session is not null ? int.MaxValue : rule.Directory!.TrimEnd('/', '\\').Length;
}
