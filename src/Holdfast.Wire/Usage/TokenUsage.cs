namespace Holdfast.Wire.Usage;

/// <summary>Tokens one answer consumed, in our own accounting: input excludes cache reads and writes.</summary>
public readonly record struct TokenUsage(long Input, long Output, long CacheRead, long CacheWrite)
{
    /// <summary>Everything counted.</summary>
    public long Total => Input + Output + CacheRead + CacheWrite;
}
