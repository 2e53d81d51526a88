namespace Holdfast.Recording.Parquet;

/// <summary>What a compaction did.</summary>
internal readonly record struct CompactorResult
{
    /// <summary>Segments that went into Parquet.</summary>
    public int Segments { get; init; }

    /// <summary>Their rows.</summary>
    public long Rows { get; init; }

    /// <summary>Small files that went into larger ones.</summary>
    public int Merged { get; init; }

    /// <summary>Rows that were too old.</summary>
    public long Retired { get; init; }

    public static CompactorResult operator +(CompactorResult a, CompactorResult b) => new()
    {
        Segments = a.Segments + b.Segments,
        Rows = a.Rows + b.Rows,
        Merged = a.Merged + b.Merged,
        Retired = a.Retired + b.Retired,
    };
}
