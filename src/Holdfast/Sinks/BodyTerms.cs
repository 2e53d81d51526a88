using Holdfast.Recording.Privacy;
using Holdfast.Recording.Redaction;

namespace Holdfast.Sinks;

/// <summary>What the settings say of bodies, made ready. Immutable; replaced as a whole, and an exchange keeps those it began
/// with.</summary>
/// <param name="options">The settings.</param>
/// <param name="routesRecord">Whether any route records bodies.</param>
internal sealed class BodyTerms(RecordingOptions options, bool routesRecord)
{
    /// <summary>What is recorded where neither a route nor a rule says otherwise.</summary>
    public BodyRecording Bodies { get; } = options.Bodies;

    /// <summary>Whether the configuration records bodies of anybody.</summary>
    public bool MayRecord { get; } = routesRecord || options.Bodies != BodyRecording.None;

    /// <summary>Takes secrets out of headers.</summary>
    public HeaderRedaction Headers { get; } = new(options.RedactHeaders);

    /// <summary>Takes secrets out of bodies. Made when it is first needed: its expressions take a noticeable part of the
    /// gateway's start.</summary>
    public Lazy<BodyRedaction> Redaction { get; } = new(() => new(options.RedactPatterns));
}
