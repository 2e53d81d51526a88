using Holdfast.Recording.Files;
using Holdfast.Recording.Segments;
using Holdfast.Recording.Sql;

namespace Holdfast.Recording.Parquet;

/// <summary>
/// Deletes rows for good: from every file that counts, and with them every file that counts no more. What stays is written
/// aside, the list then changes at once: ended at any point, nothing but what was meant is missing, and another purge of the
/// same finishes. Does not see segments that still grow: their writer is to complete them first. One at a time for a folder,
/// and none while it is compacted.
/// </summary>
/// <param name="folder">The recordings' folder.</param>
/// <param name="target">What is meant.</param>
/// <param name="time">The time.</param>
internal sealed class Purge(string folder, PurgeTarget target, TimeProvider time)
{
    private const long MemoryBytes = 512L * 1024 * 1024;

    /// <summary>Told before each step.</summary>
    public Action<PurgeStep>? Reached { get; init; }

    /// <summary>Told, before anything is deleted, which messages must not count as written any more
    /// (<see cref="Projection.SeenMessages.Forget"/>); null for all of them.</summary>
    public required Func<IReadOnlySet<ulong>?, Task> Forget { get; init; }

    /// <summary>How many rows there are to delete now, those in growing segments included. Changes nothing.</summary>
    public PurgeCounts Preview()
    {
        using var database = new DuckDb(MemoryBytes, Environment.ProcessorCount, folder);
        return new PurgeMatch(database, RecordingFiles.Find(folder), target).Count();
    }

    /// <summary>Deletes them; null where another process compacts or purges.</summary>
    public async Task<PurgeCounts?> RunAsync()
    {
        SegmentFolder.MakeFolder(folder);
        using var mine = new RecordingStore(folder, time).TryLock();
        if (mine is null)
        {
            return null;
        }

        PurgeCounts counts;
        using (var compactor = new Compactor(folder, new(RetentionDays: null, Grace: TimeSpan.Zero), time))
        {
            // 1. Everything that is complete stands in Parquet.
            Reached?.Invoke(PurgeStep.Compact);
            compactor.CompactSegments(out var failed);
            if (failed is not null)
            {
                throw failed;
            }

            // 2. The messages may come again. First: they could not be told any more once their rows are gone.
            var files = RecordingFiles.Find(folder) with { Segments = [] };
            var match = new PurgeMatch(compactor.Writer.Database, files, target);
            counts = match.Count();
            Reached?.Invoke(PurgeStep.Forget);
            if (target is PurgeTarget.All || counts.Messages > 0)
            {
                await Forget(target is PurgeTarget.All ? null : match.Messages()).ConfigureAwait(false);
            }

            // 3. What stays of each file stands aside, then counts in its place.
            Reached?.Invoke(PurgeStep.Rewrite);
            var (old, rest) = Rewrite(compactor, match, files);
            Reached?.Invoke(PurgeStep.Replace);
            if (old.Count > 0)
            {
                compactor.Store.Replace([.. old.Select(file => file.Name)], rest);
            }

            // 4. What counts no more goes now, whoever left it.
            Reached?.Invoke(PurgeStep.Sweep);
            compactor.Store.Sweep(DateTimeOffset.MaxValue);
        }

        // What a query that was killed had no memory for.
        foreach (var spilled in Directory.EnumerateDirectories(folder, $"{DuckDb.TemporaryPrefix}*"))
        {
            Directory.Delete(spilled, recursive: true);
        }

        return counts;
    }

    private static (List<ParquetFile> Old, List<ParquetFile> Kept) Rewrite(Compactor compactor, PurgeMatch match, RecordingFiles files)
    {
        var (old, rest) = (new List<ParquetFile>(), new List<ParquetFile>());
        foreach (var file in files.Manifest.Files)
        {
            var table = RecordingTable.All.Single(table => table.Family == file.Table);
            var rows = $"({table.ReadWhole(files.PathOf(file.Name))})";
            var count = match.CountIn(rows, table);
            if (count == 0)
            {
                continue;
            }

            old.Add(file);
            if (count < file.Rows)
            {
                var one = compactor.Writer.Write(table, file.Date, $"SELECT * FROM {rows} WHERE NOT {match.ConditionFor(table)}");
                rest.Add(one.Rows == file.Rows - count ? one : throw new InvalidDataException(
                    $"{file.Name} of {file.Rows} rows without {count} made {one.Rows}."));
            }
        }

        return (old, rest);
    }
}

/// <summary>The steps of a purge, in their order.</summary>
internal enum PurgeStep
{
    Compact,
    Forget,
    Rewrite,
    Replace,
    Sweep,
}
