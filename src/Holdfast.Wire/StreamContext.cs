namespace Holdfast.Wire;

/// <summary>What of a request the following of its answer needs.</summary>
/// <param name="ModelAsked">The model the client named.</param>
/// <param name="StartedAt">When the exchange began, in seconds since 1970.</param>
/// <param name="ExchangeId">Our id, for ids we must invent.</param>
/// <param name="ErrorEventsAsFailed">Whether the client skips a plain <c>error</c> event and must be given
/// <c>response.failed</c> in its stead (Codex).</param>
/// <param name="IsArray">Whether the stream is one JSON array instead of events (Gemini without <c>alt=sse</c>).</param>
public sealed record StreamContext(
    string ModelAsked = "", long StartedAt = 0, string ExchangeId = "", bool ErrorEventsAsFailed = false,
    bool IsArray = false);
