using System.Text.Json.Serialization;
using Holdfast.Recording.Privacy;
using Holdfast.Wire;

namespace Holdfast.Recording.Records;

/// <summary>What is written down about one exchange: its flight record. One for every exchange, whatever became of it.
/// Never holds a secret, a prompt or an answer. Written by one exchange at a time, read after its end.</summary>
public sealed class ExchangeRecord
{
    /// <summary>Our id of the exchange; also in the answer's <c>holdfast-exchange</c>.</summary>
    public string ExchangeId { get; set; } = "";

    /// <summary>When the request's head had arrived.</summary>
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>Name the client gives itself (<c>claude-cli</c>), from its user agent.</summary>
    public string? ClientName { get; set; }

    /// <summary>Version the client gives itself.</summary>
    public string? ClientVersion { get; set; }

    /// <summary>The session as the client names it, if it does.</summary>
    public string? Session { get; set; }

    /// <summary>The product prefix of the path (<c>/{product}/v1/…</c>).</summary>
    public string? Product { get; set; }

    /// <summary>The wire protocol: <c>anthropic</c>, <c>openai-chat</c>, <c>openai-responses</c>, <c>gemini</c>.</summary>
    public string? Protocol { get; set; }

    /// <summary>HTTP method.</summary>
    public string Method { get; set; } = "";

    /// <summary>Path without the query.</summary>
    public string Path { get; set; } = "";

    /// <summary>Query, secrets replaced.</summary>
    public string? Query { get; set; }

    /// <summary>The upstream that served, or was asked last.</summary>
    public string? Upstream { get; set; }

    /// <summary>The credential it was asked with: the name of its environment variable, or <c>none</c>; null where the
    /// client's own passed.</summary>
    public string? Credential { get; set; }

    /// <summary>The route that matched; null where the protocol alone decided.</summary>
    public string? Route { get; set; }

    /// <summary>The model the client asked for.</summary>
    public string? ModelAsked { get; set; }

    /// <summary>The model asked of the upstream, where the route names another.</summary>
    public string? ModelSent { get; set; }

    /// <summary>The model the answer names.</summary>
    public string? ModelServed { get; set; }

    /// <summary>The status sent to the client; 0 when nothing was sent.</summary>
    public int Status { get; set; }

    /// <summary>The upstream's own status, if it answered.</summary>
    public int? UpstreamStatus { get; set; }

    /// <summary>The upstream's own id of the request.</summary>
    public string? UpstreamRequestId { get; set; }

    /// <summary>Whether the client asked for a stream.</summary>
    public bool IsStream { get; set; }

    /// <summary>Whether the answer was (or would have been) server-sent events.</summary>
    public bool IsSse { get; set; }

    /// <summary>Whether the stream was opened before the upstream answered.</summary>
    public bool OpenedEarly { get; set; }

    /// <summary>Bytes of the request body.</summary>
    public long RequestBytes { get; set; }

    /// <summary>Bytes of the answer's body as sent to the client, keepalives included.</summary>
    public long ResponseBytes { get; set; }

    /// <summary>Attempts made.</summary>
    public int Attempts { get; set; }

    /// <summary>Why the first failed attempt failed; null when the first one answered.</summary>
    public string? FallbackReason { get; set; }

    /// <summary>What its last failure means, in the words of the classifier (failover.md); null where it was answered, or
    /// nobody was asked.</summary>
    public string? Classification { get; set; }

    /// <summary>Every attempt that failed and what was decided then; null when none did.</summary>
    public IReadOnlyList<AttemptRecord>? FailedAttempts { get; set; }

    /// <summary>Milliseconds spent waiting between attempts; null for none.</summary>
    public double? WaitedMs { get; set; }

    /// <summary>The candidate that had answered this conversation before, if another one answered now.</summary>
    public string? MovedFrom { get; set; }

    /// <summary>Tokens of the prompt that <see cref="MovedFrom"/> had cached, as far as was known.</summary>
    public long? CacheTokensLost { get; set; }

    /// <summary>The exchange this one repeats: the same turn, whose client had no whole answer; null for none.</summary>
    public string? RetryOf { get; set; }

    /// <summary>Whether it got the answer that <see cref="RetryOf"/> had asked for: nothing was asked upstream, and what it
    /// cost stands there.</summary>
    public bool Reattached { get; set; }

    /// <summary>What became of an answer whose client was lost, or that was too large to be kept for one; null for any other
    /// answer.</summary>
    public TurnFate? Turn { get; set; }

    /// <summary>Whether the request was repeated once because a reused connection had died unused.</summary>
    public bool StaleRepeat { get; set; }

    /// <summary>Whether the last attempt ran on a reused connection.</summary>
    public bool ConnectionReused { get; set; }

    /// <summary>The client's own retry count header.</summary>
    public string? ClientRetryCount { get; set; }

    /// <summary>The client's idempotency key.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>Milliseconds of name resolution; null on a reused connection, as the next two.</summary>
    public double? DnsMs { get; set; }

    /// <summary>Milliseconds of the TCP connect.</summary>
    public double? ConnectMs { get; set; }

    /// <summary>Milliseconds of the TLS handshake.</summary>
    public double? TlsMs { get; set; }

    /// <summary>TLS version agreed with the upstream.</summary>
    public string? TlsVersion { get; set; }

    /// <summary>Milliseconds from the start to the first attempt: what the gateway took to read the request and to choose who
    /// is asked. The next four count from the start too.</summary>
    public double? DispatchedMs { get; set; }

    /// <summary>… to the upstream's headers.</summary>
    public double? HeadersMs { get; set; }

    /// <summary>… to the first event.</summary>
    public double? FirstEventMs { get; set; }

    /// <summary>… to the first generated output.</summary>
    public double? FirstOutputMs { get; set; }

    /// <summary>… to the end.</summary>
    public double TotalMs { get; set; }

    /// <summary>The longest silence of the upstream, in milliseconds, once it had begun.</summary>
    public double? LongestGapMs { get; set; }

    /// <summary>Events relayed.</summary>
    public long Events { get; set; }

    /// <summary>Keepalives we sent.</summary>
    public int Keepalives { get; set; }

    /// <summary>Whether the upstream's terminal event was seen.</summary>
    public bool TerminalSeen { get; set; }

    /// <summary>Who closed first; null when nobody did.</summary>
    public Side? ClosedFirst { get; set; }

    /// <summary>How it ended; null while it runs.</summary>
    public ExchangeEnd? End { get; set; }

    /// <summary>On whose side the end lies; null for an answer that came whole.</summary>
    public Side? EndSide { get; set; }

    /// <summary>The error's text: <c>client_aborted</c>, <c>socket hang up</c>, <c>read ECONNRESET</c>, <c>read ETIMEDOUT</c>, …</summary>
    public string? Error { get; set; }

    /// <summary>Our error code, or the upstream's error type behind <c>upstream:</c>.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>What went wrong below, in the runtime's own words; never sent to a client.</summary>
    public string? ErrorDetail { get; set; }

    /// <summary>What was done to the answer; null where there was none, or that is not known.</summary>
    public Fidelity? Fidelity { get; set; }

    /// <summary>Signatures of thinking that came empty, which the provider will refuse when they come back; null for
    /// none.</summary>
    public int? EmptySignatures { get; set; }

    /// <summary>Where the tokens below come from. Null where there are none: the answer stated none, nothing was generated, or
    /// they stand in the exchange this one repeats.</summary>
    public UsageState? UsageState { get; set; }

    /// <summary>Input tokens without cache, as the answer stated them.</summary>
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

    /// <summary>Those of <see cref="OutputTokens"/> that were reasoning, as far as the answer tells.</summary>
    public long? ReasoningTokens { get; set; }

    /// <summary>Requests of the provider's own tools that are billed by number: web searches.</summary>
    public long? ServerToolRequests { get; set; }

    /// <summary>How the answer says that it was served: <c>standard</c>, <c>priority</c>, <c>flex</c>, <c>batch</c>,
    /// <c>fast</c>, or the provider's own word; null where it does not say.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>What it cost in US dollars, by the price book, to a billionth; null where that is not known.</summary>
    public double? CostUsd { get; set; }

    /// <summary>What <see cref="CostUsd"/> rests on. Null where there are no tokens.</summary>
    public CostState? CostState { get; set; }

    /// <summary>The directory its client works in: the <c>holdfast-directory</c> header, else, where bodies are recorded, what
    /// the client states in them.</summary>
    public string? Directory { get; set; }

    /// <summary>Whether a rule says that it never leaves this machine; null where none does.</summary>
    public bool? LocalOnly { get; set; }

    /// <summary>Whether a rule says that nothing of whose and where it was is recorded; null where none does.</summary>
    public bool? IsIgnored { get; set; }

    /// <summary>How many rows of <c>ai_gateway_messages</c> were made of its bodies; null where they are not recorded.</summary>
    public int? Messages { get; set; }

    /// <summary>Takes secrets out of what holds others' words: a runtime's message may quote an URL, a query its key.</summary>
    /// <param name="text">A text without its secrets.</param>
    /// <param name="query">A query without its secrets.</param>
    public void Redact(Func<string, string> text, Func<string, string> query)
    {
        Query = Query is null ? null : query(Query);
        Error = Error is null ? null : text(Error);
        ErrorDetail = ErrorDetail is null ? null : text(ErrorDetail);
        foreach (var attempt in FailedAttempts ?? [])
        {
            attempt.Redact(text);
        }
    }

    /// <summary>Cuts what others wrote, which may be of any length: a model's name is a part of a body.</summary>
    /// <param name="mostCharacters">What is left of each.</param>
    public void Shorten(int mostCharacters)
    {
        (ModelAsked, ModelServed) = (Cut(ModelAsked, mostCharacters), Cut(ModelServed, mostCharacters));
        (Path, Query) = (Cut(Path, mostCharacters)!, Cut(Query, mostCharacters));
        (Session, Directory) = (Cut(Session, mostCharacters), Cut(Directory, mostCharacters));
        IdempotencyKey = Cut(IdempotencyKey, mostCharacters);
        (Error, ErrorCode, ErrorDetail) =
            (Cut(Error, mostCharacters), Cut(ErrorCode, mostCharacters), Cut(ErrorDetail, mostCharacters));
        foreach (var attempt in FailedAttempts ?? [])
        {
            attempt.Shorten(mostCharacters);
        }
    }

    /// <summary>Nothing of whose and where it is may be recorded, whatever the rules say at its end.</summary>
    public void Ignore() => IsIgnored = true;

    /// <summary>Takes out what may not be kept of an exchange that has ended.</summary>
    /// <param name="keep">What the rules say then.</param>
    public void Withhold(RecordKeeping keep)
    {
        LocalOnly = keep == RecordKeeping.LocalOnly ? true : null;
        if (keep != RecordKeeping.Ignore && IsIgnored != true)
        {
            return;
        }

        // That there was an exchange is kept, so that nothing is missing; whose and where is not.
        (IsIgnored, LocalOnly) = (true, null);
        (Session, Directory, Query, IdempotencyKey) = (null, null, null, null);
        (ErrorDetail, UpstreamRequestId, RetryOf) = (null, null, null);
        foreach (var attempt in FailedAttempts ?? [])
        {
            attempt.Withhold();
        }
    }

    /// <summary>Its bodies were recorded.</summary>
    /// <param name="rows">How many rows were made of them.</param>
    /// <param name="directory">Where its client works, as far as the request tells.</param>
    public void NoteMessages(int rows, string? directory) => (Messages, Directory) = (rows, directory);

    internal static string? Cut(string? text, int most) => text is not null && text.Length > most ? text[..most] + "…" : text;
}
