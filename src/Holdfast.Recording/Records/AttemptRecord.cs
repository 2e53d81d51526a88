using System.Text.Json.Serialization;

namespace Holdfast.Recording.Records;

/// <summary>One attempt of an exchange: what is known of it alone, and the decision its failure led to.</summary>
public sealed class AttemptRecord
{
    /// <summary>Its number within the exchange, from 1.</summary>
    public int Attempt { get; set; }

    /// <summary>Who was asked.</summary>
    public string Upstream { get; set; } = "";

    /// <summary>With which credential, by name.</summary>
    public string? Credential { get; set; }

    /// <summary>For which model.</summary>
    public string? Model { get; set; }

    /// <summary>How far it came.</summary>
    public Phase Phase { get; set; }

    /// <summary>The upstream's status, if it answered.</summary>
    public int? Status { get; set; }

    /// <summary>Our error code, or <c>upstream_error</c>.</summary>
    public string Error { get; set; } = "";

    /// <summary>What the upstream or the runtime said, secrets replaced; never sent to a client.</summary>
    public string? RawError { get; set; }

    /// <summary>What that means.</summary>
    public string Reason { get; set; } = "";

    /// <summary>How it happened.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The rule that judged.</summary>
    public string Rule { get; set; } = "";

    /// <summary>What was done then: <c>retry</c>, <c>rotate</c>, <c>fallback</c>, <c>wait</c> or <c>surface</c>.</summary>
    public string Action { get; set; } = "";

    /// <summary>Milliseconds waited before the next attempt.</summary>
    public double? DelayMs { get; set; }

    /// <summary>When it had failed, in milliseconds from the exchange's start.</summary>
    public double EndedMs { get; set; }

    /// <summary>When it began, in milliseconds from the exchange's start, as all its times.</summary>
    public double? StartedMs { get; set; }

    /// <summary>When the upstream's headers came.</summary>
    public double? HeadersMs { get; set; }

    /// <summary>When its first event came.</summary>
    public double? FirstEventMs { get; set; }

    /// <summary>When its first generated output came.</summary>
    public double? FirstOutputMs { get; set; }

    /// <summary>The longest silence of the upstream, in milliseconds, once it had begun.</summary>
    public double? LongestGapMs { get; set; }

    /// <summary>Events that came.</summary>
    public long Events { get; set; }

    /// <summary>The upstream's own id of the request.</summary>
    public string? UpstreamRequestId { get; set; }

    /// <summary>Who closed first; null when nobody did.</summary>
    public Side? ClosedFirst { get; set; }

    /// <summary>Whether the upstream's terminal event was seen.</summary>
    public bool TerminalSeen { get; set; }

    /// <summary>Whether it ran on a reused connection.</summary>
    public bool ConnectionReused { get; set; }

    /// <summary>Milliseconds of name resolution; null on a reused connection, as the next two.</summary>
    public double? DnsMs { get; set; }

    /// <summary>Milliseconds of the TCP connect.</summary>
    public double? ConnectMs { get; set; }

    /// <summary>Milliseconds of the TLS handshake.</summary>
    public double? TlsMs { get; set; }

    /// <summary>TLS version agreed with the upstream.</summary>
    public string? TlsVersion { get; set; }

    /// <summary>The model its answer names.</summary>
    public string? ModelServed { get; set; }

    /// <summary>Where the tokens below come from; null where there are none.</summary>
    public UsageState? UsageState { get; set; }

    /// <summary>Input tokens without cache, as its answer stated them.</summary>
    public long? InputTokens { get; set; }

    /// <summary>Output tokens, reasoning included.</summary>
    public long? OutputTokens { get; set; }

    /// <summary>Tokens read from the provider's cache.</summary>
    public long? CacheReadTokens { get; set; }

    /// <summary>Tokens written to the provider's cache.</summary>
    public long? CacheWriteTokens { get; set; }

    /// <summary>Those of <see cref="CacheWriteTokens"/> that are kept for an hour.</summary>
    [JsonPropertyName("cache_write_1h_tokens")]
    public long? CacheWrite1hTokens { get; set; }

    /// <summary>Those of <see cref="OutputTokens"/> that were reasoning, as far as its answer tells.</summary>
    public long? ReasoningTokens { get; set; }

    /// <summary>Requests of the provider's own tools that are billed by number: web searches.</summary>
    public long? ServerToolRequests { get; set; }

    /// <summary>How its answer says that it was served; null where it does not say.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>What it cost in US dollars, by the price book, to a billionth; null where that is not known.</summary>
    public double? CostUsd { get; set; }

    /// <summary>What <see cref="CostUsd"/> rests on; null where there are no tokens.</summary>
    public CostState? CostState { get; set; }

    /// <summary>Takes secrets out of what the upstream or the runtime said.</summary>
    internal void Redact(Func<string, string> text) => RawError = RawError is null ? null : text(RawError);

    /// <summary>Cuts what others wrote.</summary>
    internal void Shorten(int most)
    {
        Model = ExchangeRecord.Cut(Model, most);
        ModelServed = ExchangeRecord.Cut(ModelServed, most);
        RawError = ExchangeRecord.Cut(RawError, most);
    }

    /// <summary>Takes out what tells whose it was.</summary>
    internal void Withhold() => (RawError, UpstreamRequestId) = (null, null);
}
