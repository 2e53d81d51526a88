using System.Text.Json.Serialization;

namespace Holdfast.Recording.Privacy;

/// <summary>What is recorded of bodies.</summary>
public enum BodyRecording
{
    /// <summary>Nothing: only what an exchange did.</summary>
    None,

    /// <summary>What its messages say, secrets taken out.</summary>
    Messages,

    /// <summary>The provider's JSON of every part as well.</summary>
    Raw,
}

/// <summary>What may become of a record.</summary>
public enum RecordKeeping
{
    /// <summary>Whatever recordings are for.</summary>
    All,

    /// <summary>It never leaves this machine by an export.</summary>
    LocalOnly,

    /// <summary>It says that there was an exchange, and nothing of whose and where it was.</summary>
    Ignore,
}

/// <summary>A rule for one session, or for one directory and all below it.</summary>
public sealed record PrivacyRule
{
    /// <summary>The session, as its client names it.</summary>
    public string? Session { get; init; }

    /// <summary>The directory: an absolute path.</summary>
    public string? Directory { get; init; }

    /// <summary>What is recorded of bodies; null: as everywhere else.</summary>
    public BodyRecording? Bodies { get; init; }

    /// <summary>What may become of the record; null: as everywhere else.</summary>
    public RecordKeeping? Keep { get; init; }

    /// <summary>Whether it is for the same session or directory as another one.</summary>
    public bool IsForTheSameAs(PrivacyRule other) => Session == other.Session && Directory == other.Directory;
}

/// <summary>What rules come to for one exchange.</summary>
/// <param name="Bodies">What is recorded of its bodies.</param>
/// <param name="Keep">What may become of its record.</param>
public readonly record struct PrivacyDecision(BodyRecording Bodies, RecordKeeping Keep);

/// <summary>The rules as they are written down.</summary>
internal sealed record PrivacyDocument
{
    public IReadOnlyList<PrivacyRule> Rules { get; init; } = [];
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PrivacyDocument))]
internal sealed partial class PrivacyJson : JsonSerializerContext;
