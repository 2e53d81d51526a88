using System.Buffers;
using System.Text.Json;
using Holdfast.Recording.Records;
using Holdfast.Wire;
using Holdfast.Wire.Json;
using Holdfast.Wire.Protocols;

namespace Holdfast.Recording.Projection;

/// <summary>The tokens of one answer: input net of the cache, output with reasoning. What was not stated is null.</summary>
internal sealed record AnswerUsage(long? Input, long? Output, long? CacheRead, long? CacheWrite, long? Reasoning)
{
    public long Total => (Input ?? 0) + (Output ?? 0) + (CacheRead ?? 0) + (CacheWrite ?? 0);

    /// <summary>What the exchange has counted; else what its answer states. Null where there is none, or where it is counted in
    /// the exchange that this one repeats.</summary>
    public static AnswerUsage? Of(ExchangeRecord exchange, bool isTurn, ReadOnlyMemory<byte> answer, JsonElement stated)
    {
        if (exchange.Reattached)
        {
            return null;
        }

        var reasoning = ReasoningIn(stated);
        if (exchange.InputTokens is not null || exchange.OutputTokens is not null)
        {
            return new(
                exchange.InputTokens, exchange.OutputTokens, exchange.CacheReadTokens, exchange.CacheWriteTokens, reasoning);
        }

        return isTurn && WirePath.Parse(exchange.Path) is { } path
            && AnswerPeek.Read(path.Protocol, new ReadOnlySequence<byte>(answer)).Usage is { } usage
            ? new(usage.Input, usage.Output, usage.CacheRead, usage.CacheWrite, reasoning)
            : null;
    }

    private static long? ReasoningIn(JsonElement answer)
    {
        var usage = answer.At("usage", "usageMetadata");
        var details = usage.At("output_tokens_details", "completion_tokens_details");
        var tokens = usage.At("thoughtsTokenCount") is { ValueKind: JsonValueKind.Number } thoughts
            ? thoughts
            : details.At("reasoning_tokens", "thinking_tokens");
        return tokens.ValueKind == JsonValueKind.Number && tokens.TryGetInt64(out var count) ? count : null;
    }
}
