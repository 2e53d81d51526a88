using System.Text.Json;

namespace Holdfast.Recording.Privacy;

/// <summary>All rules of a home, as of one moment. Immutable.</summary>
public sealed class PrivacyRules
{
    /// <summary>The file in <c>HOLDFAST_HOME</c> that holds them.</summary>
    public const string FileName = "privacy.json";

    /// <summary>No rules.</summary>
    public static PrivacyRules Empty { get; } = new([]);

    private PrivacyRules(IReadOnlyList<PrivacyRule> all) => All = all;

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
            return new(JsonSerializer.Deserialize(File.ReadAllBytes(path), PrivacyJson.Default.PrivacyDocument)?.Rules ?? []);
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
        File.WriteAllBytes($"{path}.next", JsonSerializer.SerializeToUtf8Bytes(new() { Rules = All }, PrivacyJson.Default.PrivacyDocument));
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

    /// <summary>What they come to. What a session's rule says goes before what a directory's says, a directory's before that of
    /// one above it, and every rule before the configuration.</summary>
    /// <param name="session">The session, if it has a name.</param>
    /// <param name="directory">The directory, if it is known.</param>
    /// <param name="configured">What the configuration says of bodies.</param>
    public PrivacyDecision For(string? session, string? directory, BodyRecording configured)
    {
        var (bodies, keep) = ((BodyRecording?)null, (RecordKeeping?)null);
        foreach (var rule in All.Where(rule => Matches(rule, session, directory)).OrderByDescending(Rank))
        {
            (bodies, keep) = (bodies ?? rule.Bodies, keep ?? rule.Keep);
        }

        return (keep ?? RecordKeeping.All) == RecordKeeping.Ignore
            ? new(BodyRecording.None, RecordKeeping.Ignore)
            : new(bodies ?? configured, keep ?? RecordKeeping.All);
    }

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

    private static int Rank(PrivacyRule rule) => rule.Session is not null ? int.MaxValue : rule.Directory!.Length;
}
