using System.Text.Json.Serialization;
using Holdfast.Recording.Segments;
using Holdfast.Sinks;

namespace Holdfast.Admin;

/// <summary>What <c>GET /status</c> answers.</summary>
internal sealed record StatusDocument(
    string Version, int Pid, DateTimeOffset Started, double UptimeSeconds, IReadOnlyList<string> Listen, bool Draining,
    IReadOnlyList<OpenExchangeStatus> OpenExchanges, TotalsSnapshot Totals, IReadOnlyList<RecentFailure> RecentFailures,
    IReadOnlyDictionary<string, long> Sockets, IReadOnlyList<CooldownStatus>? Cooldowns = null,
    RecordingStatus? Recording = null, ConfigurationStatus? Configuration = null);

/// <summary>One exchange that is open now; a stream's silence is never invisible.</summary>
internal sealed record OpenExchangeStatus(
    string ExchangeId, string? Protocol, string? Upstream, string? Model, bool IsStream, string Phase,
    double AgeSeconds, double SilenceSeconds, long BytesSent);

/// <summary>One candidate or credential that is spared after failures.</summary>
/// <param name="Upstream">The upstream's name.</param>
/// <param name="Credential">The credential's name: an environment variable, or <c>client:</c> and a fingerprint.</param>
/// <param name="Model">The model; null means every model.</param>
/// <param name="State"><c>cooling</c>, or <c>probe_due</c> once the time has passed and the next request will tell.</param>
/// <param name="Reason">Why, in the words of the classifier.</param>
/// <param name="Until">When the cooldown ends, or has ended.</param>
/// <param name="Step">Which of the ever longer cooldowns it is; 0 where the upstream said how long.</param>
/// <param name="Failures">How many failures came since the last success.</param>
internal sealed record CooldownStatus(
    string Upstream, string Credential, string? Model, string State, string Reason, DateTimeOffset Until, int Step,
    int Failures);

/// <summary>How recording stands.</summary>
/// <param name="FsyncSeconds">How often what was written is forced onto the disk.</param>
/// <param name="Writers">What is written, one each kind of line; counts are since the start.</param>
internal sealed record RecordingStatus(double FsyncSeconds, IReadOnlyList<SegmentState> Writers);

/// <summary>Which configuration is in force.</summary>
/// <param name="Digest">The SHA-256 of its settings, as <c>holdfast config</c> prints them.</param>
/// <param name="LoadedAt">When it was read.</param>
/// <param name="File">The file it comes from; left out where there is none.</param>
/// <param name="NeedsRestart">Settings whose new value waits for a restart.</param>
/// <param name="Refused">The last reload, where it was refused; left out where it was not.</param>
internal sealed record ConfigurationStatus(
    string Digest, DateTimeOffset LoadedAt, string? File, IReadOnlyList<string> NeedsRestart, RefusedStatus? Refused);

/// <summary>A configuration that was read and did not come into force.</summary>
/// <param name="At">When it was read.</param>
/// <param name="Errors">What is wrong with it.</param>
internal sealed record RefusedStatus(DateTimeOffset At, IReadOnlyList<string> Errors);

/// <summary>Status as JSON, snake_case as everything we write down.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class StatusJson : JsonSerializerContext;
