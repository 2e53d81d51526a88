using System.Text.Json.Serialization;

namespace Holdfast.Admin;

/// <summary>What <c>POST /reload</c> answers, and <c>holdfast reload --json</c> prints.</summary>
/// <param name="Changed">The settings that hold another value now, in the order of the reference.</param>
/// <param name="NeedsRestart">Those whose new value waits for a restart; until then the old one holds.</param>
/// <param name="Digest">The SHA-256 of the settings in force, as <c>holdfast config</c> prints them.</param>
/// <param name="LoadedAt">When they were read.</param>
/// <param name="File">The file they come from; left out where there is none.</param>
internal sealed record ReloadDocument(
    IReadOnlyList<string> Changed, IReadOnlyList<string> NeedsRestart, string Digest, DateTimeOffset LoadedAt, string? File);

/// <summary>What <c>POST /reload</c> answers, with status 422, where the configuration is wrong: everything stays as it was.</summary>
/// <param name="Errors">Everything that is wrong with it, each a sentence for people.</param>
/// <param name="File">The file it was read from; left out where there is none.</param>
internal sealed record RefusedReload(IReadOnlyList<string> Errors, string? File);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReloadDocument))]
[JsonSerializable(typeof(RefusedReload))]
internal sealed partial class ReloadJson : JsonSerializerContext;
