using System.Text.Json.Serialization;
using Holdfast.Observability;

namespace Holdfast.Admin;

/// <summary>What <c>GET /status</c> answers.</summary>
internal sealed record StatusDocument(
    string Version, int Pid, DateTimeOffset Started, double UptimeSeconds, IReadOnlyList<string> Listen, bool Draining,
    IReadOnlyList<OpenExchangeStatus> OpenExchanges, TotalsSnapshot Totals, IReadOnlyList<RecentFailure> RecentFailures,
    IReadOnlyDictionary<string, long> Sockets);

/// <summary>One exchange that is open now; a stream's silence is never invisible (R32).</summary>
internal sealed record OpenExchangeStatus(
    string ExchangeId, string? Protocol, string? Upstream, string? Model, bool IsStream, string Phase,
    double AgeSeconds, double SilenceSeconds, long BytesSent);

/// <summary>Status as JSON, snake_case as everything we write down.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class StatusJson : JsonSerializerContext;
