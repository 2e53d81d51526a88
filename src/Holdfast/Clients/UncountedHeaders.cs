using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Clients;

/// <summary>A header that may differ between two sendings of one turn.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Why">Who changes it, or why it says nothing of who asks and of what must be answered.</param>
/// <param name="Remains">What of its value counts nevertheless; null where nothing does.</param>
internal sealed record UncountedHeader(string Name, string Why, Func<StringValues, StringValues>? Remains = null);

/// <summary>The headers that do not tell one turn from another. Every other end-to-end header does, known or not: a name
/// belongs here only with a reason, since whoever differs in nothing but what is listed may get the other's answer.</summary>
internal static class UncountedHeaders
{
    private const string Connection = "Belongs to one connection.";
    private const string Framing = "Says how the bytes of the body travel; the body itself counts.";
    private const string Trace = "A trace or a span, renewed with every sending.";
    private const string Id = "Names one sending of a request.";
    private const string Middlebox = "Set anew for every request by whoever stands before the gateway.";
    private const string Stainless = "How the SDK sends it and reads the answer; the body says which answer is asked for.";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<UncountedHeader> All { get; } =
    [
        new("connection", Connection),
        new("keep-alive", Connection),
        new("proxy-connection", Connection),
        new("te", Connection),
        new("trailer", Connection),
        new("upgrade", Connection),
        new("http2-settings", Connection),
        new("alt-used", Connection),
        new("transfer-encoding", Framing),
        new("content-length", Framing),
        new("expect", Framing),
        new("date", "When it was sent."),

        new("accept", "The path and the body say whether the answer is a stream; a stream asked for as one answer may change this."),
        new("x-stainless-retry-count", "SDKs count their retries here: 0, 1, 2. It is evidence that the request was sent before."),
        new("x-stainless-timeout", "How long the SDK waits: 600 s, and 300 s in Claude Code's request for the same turn unstreamed."),
        new("x-stainless-read-timeout", "How long the SDK waits between two reads."),
        new("x-stainless-helper", Stainless),
        new("x-stainless-helper-method", Stainless),
        new("x-stainless-raw-response", Stainless),
        new("x-claude-code-prev-tool-durations", "How long the tools before this request took; told once."),
        new("x-codex-turn-state", "Comes with an answer's head, and goes back with whatever Codex sends after it, retries too."),
        new("x-codex-turn-metadata",
            "Codex looks up the state of the working copy beside the turn and adds it when it is found: a retry has it, the first "
            + "sending had not. Session, thread, turn and kind stay the same.",
            values => CodexTurn.Read(values.ToString()) is { } turn ? new([turn.Turn, turn.Kind, turn.Session, turn.Thread]) : values),

        new("x-request-id", Id),
        new("x-client-request-id", Id),
        new("x-correlation-id", Id),
        new("x-ms-client-request-id", Id),
        new("x-amzn-trace-id", Middlebox),
        new("x-amz-cf-id", Middlebox),
        new("x-azure-ref", Middlebox),
        new("x-cloud-trace-context", Middlebox),
        new("x-request-start", Middlebox),
        new("x-envoy-attempt-count", Middlebox),
        new("cf-ray", Middlebox),
        new("fly-request-id", Middlebox),

        new("traceparent", Trace),
        new("tracestate", Trace),
        new("baggage", Trace),
        new("sentry-trace", Trace),
        new("uber-trace-id", Trace),
        new("b3", Trace),
        new("x-b3-traceid", Trace),
        new("x-b3-spanid", Trace),
        new("x-b3-parentspanid", Trace),
        new("x-b3-sampled", Trace),
        new("x-b3-flags", Trace),
        new("x-datadog-trace-id", Trace),
        new("x-datadog-parent-id", Trace),
        new("x-datadog-sampling-priority", Trace),
        new("x-datadog-origin", Trace),
        new("x-datadog-tags", Trace),
    ];

    private static readonly FrozenDictionary<string, UncountedHeader> ByName =
        All.ToFrozenDictionary(header => header.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>What of a header tells one turn from another; null where nothing of it does. What begins with
    /// <c>holdfast-</c> is addressed to the gateway, which counts what it understands of it by itself.</summary>
    public static StringValues? CountedOf(string name, StringValues values)
    {
        if (ByName.TryGetValue(name, out var header))
        {
            return header.Remains?.Invoke(values);
        }

        return name.StartsWith("holdfast-", StringComparison.OrdinalIgnoreCase) ? default(StringValues?) : values;
    }
}
