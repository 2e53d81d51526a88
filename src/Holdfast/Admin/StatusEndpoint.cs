using Holdfast.Failover;
using Holdfast.Observability;
using Holdfast.Reload;
using Holdfast.Sinks;

namespace Holdfast.Admin;

/// <summary><c>GET /status</c>: what the gateway is and does at this moment. Holds no secret: none of its sources
/// does.</summary>
internal sealed class StatusEndpoint(
    GatewayFacts facts, OpenExchanges open, ExchangeTotals totals, RecentFailures failures, TimeProvider time)
{
    public Task AnswerAsync(HttpContext http) => http.Response.WriteAsJsonAsync(
        Read(), StatusJson.Default.StatusDocument, contentType: null, http.RequestAborted);

    public StatusDocument Read()
    {
        var now = time.GetUtcNow();
        return new StatusDocument(
            GatewayVersion.Text, Environment.ProcessId, facts.Started, (now - facts.Started).TotalSeconds,
            facts.Listen(), facts.IsDraining(), [.. open.Snapshot().Select(exchange => Describe(exchange, now))],
            totals.Snapshot(), failures.Snapshot(),
            facts.Sockets().ToDictionary(counter => counter.Kind, counter => counter.Value),
            [.. facts.Cooldowns(now).Select(Describe)],
            facts.Recording() is { Count: > 0 } writers ? new(facts.FsyncInterval().TotalSeconds, writers) : null,
            facts.Configuration() is { } configuration ? Describe(configuration) : null);
    }

    private static OpenExchangeStatus Describe(ILiveExchange exchange, DateTimeOffset now) => new(
        exchange.ExchangeId, exchange.Protocol, exchange.Upstream, exchange.Model, exchange.IsStream, exchange.Phase,
        Round((now - exchange.StartedAt).TotalSeconds), Round(exchange.Silence.TotalSeconds), exchange.BytesSent);

    private static ConfigurationStatus Describe(ConfigurationInForce configuration) => new(
        configuration.Text.Digest, configuration.LoadedAt, configuration.File, configuration.NeedsRestart,
        configuration.Refused is { } refused ? new(refused.At, [.. refused.Errors.Select(error => error.ToString())]) : null);

    private static CooldownStatus Describe(HealthEntry entry) => new(
        entry.Upstream, entry.Credential, entry.Model,
        entry.State == HealthState.ProbeDue ? "probe_due" : "cooling", entry.Reason.Word(), entry.Until, entry.Step,
        entry.Failures);

    private static double Round(double seconds) => Math.Round(seconds, 3);
}
