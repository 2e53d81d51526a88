namespace Holdfast.Wire.Usage;

/// <summary>Tokens one answer consumed, in our own accounting.</summary>
/// <param name="Input">Input, without what was read from or written to the provider's cache.</param>
/// <param name="Output">Everything that is billed as output, reasoning included.</param>
/// <param name="CacheRead">Input read from the cache.</param>
/// <param name="CacheWrite">Input written to the cache, for however long.</param>
public readonly record struct TokenUsage(long Input, long Output, long CacheRead, long CacheWrite)
{
    /// <summary>The part of <see cref="CacheWrite"/> that is kept for an hour; the rest is kept for the usual time.</summary>
    public long CacheWrite1h { get; init; }

    /// <summary>The part of <see cref="Output"/> that was reasoning; 0 where the answer does not tell.</summary>
    public long Reasoning { get; init; }

    /// <summary>Requests of the provider's own tools that are billed by number: web searches.</summary>
    public long ServerToolRequests { get; init; }

    /// <summary>How the answer was served, where it says so: <c>standard</c>, <c>priority</c>, <c>flex</c>, <c>batch</c>,
    /// <c>fast</c>, or the provider's own word.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Whether it was served in the United States only, which costs more.</summary>
    public bool IsUsOnly { get; init; }

    /// <summary>Everything counted.</summary>
    public long Total => Input + Output + CacheRead + CacheWrite;
}
