using System.Globalization;
using Holdfast.Recording.Files;
using Holdfast.Recording.Segments;
using Holdfast.Recording.Sql;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Recording.Parquet;

/// <summary>
/// Turns complete segments into Parquet, one file a table and a day; merges small files; drops days that are too old; deletes
/// what has not counted for a while. Decides what is done in which order: what is written stands aside until it is whole
/// (<see cref="ParquetWriter"/>), the list then changes at once (<see cref="RecordingStore"/>), so that nothing is lost,
/// doubled or half there, whenever the process ends. One at a time for a folder.
/// </summary>
/// <param name="folder">The recordings' folder.</param>
/// <param name="terms">How long things are kept.</param>
/// <param name="time">The time.</param>
internal sealed class Compactor(string folder, CompactorTerms terms, TimeProvider time) : IDisposable
{
    private const long MegaByte = 1024 * 1024;
    private const long BatchBytes = 32 * MegaByte;
    private const int ManyFiles = 8;
    private const long SmallFile = 24 * MegaByte;

    /// <summary>Writes what is to count, with the engine that reads it.</summary>
    internal ParquetWriter Writer { get; } = new(folder);

    /// <summary>What counts.</summary>
    internal RecordingStore Store { get; } = new(folder, time);

    public void Dispose() => Writer.Dispose();

    /// <summary>Does all there is to do; null where another process is at it.</summary>
    public CompactorResult? Run()
    {
        SegmentFolder.MakeFolder(folder);
        using var mine = Store.TryLock();
        if (mine is null)
        {
            return null;
        }

        var result = CompactSegments(out var failed);
        result += Merge();
        result += Retire();
        Store.Sweep(time.GetUtcNow() - terms.Grace);
        SweepTemporary();
        return failed is null ? result : throw failed;
    }

    /// <summary>Turns every complete segment into Parquet. Under the lock, as all that follows.</summary>
    /// <param name="failed">What went wrong first; the others were compacted all the same.</param>
    internal CompactorResult CompactSegments(out Exception? failed)
    {
        failed = null;

        // Stands before there is any Parquet: where it is missing later, somebody took it away.
        Store.Begin();
        var result = new CompactorResult();
        foreach (var batch in Batches())
        {
            try
            {
                result += CompactWhatCanBe(batch.Table, [.. batch.Held.Keys], ref failed);
            }
            finally
            {
                // Held until the list says that they count no more: nobody may have begun to write one.
                foreach (var hold in batch.Held.Values)
                {
                    hold.Dispose();
                }
            }
        }

        return result;
    }

    // Of one family, as much as fits into memory.
    private IEnumerable<(RecordingTable Table, Dictionary<string, SafeFileHandle> Held)> Batches()
    {
        var files = RecordingFiles.Find(folder);
        foreach (var table in RecordingTable.All)
        {
            var held = new Dictionary<string, SafeFileHandle>(StringComparer.Ordinal);
            var bytes = 0L;
            foreach (var path in files.SegmentsOf(table.Family))
            {
                if (RecordingFiles.TryHold(path) is not { } hold)
                {
                    continue;
                }

                held[path] = hold;
                bytes += RandomAccess.GetLength(hold);
                if (bytes >= BatchBytes)
                {
                    yield return (table, held);
                    (held, bytes) = (new(StringComparer.Ordinal), 0);
                }
            }

            if (held.Count > 0)
            {
                yield return (table, held);
            }
        }
    }

    // Where one of them cannot be read, the others are compacted one by one.
    private CompactorResult CompactWhatCanBe(RecordingTable table, IReadOnlyList<string> paths, ref Exception? failed)
    {
        try
        {
            return Compact(table, paths);
        }
        catch (Exception e) when (e is SqlException or IOException or UnauthorizedAccessException)
        {
            if (paths.Count == 1)
            {
                failed ??= e;
                return new();
            }
        }

        var result = new CompactorResult();
        foreach (var path in paths)
        {
            result += CompactWhatCanBe(table, [path], ref failed);
        }

        return result;
    }

    private CompactorResult Compact(RecordingTable table, IReadOnlyList<string> paths)
    {
        var files = Writer.WriteSegments(table, paths);
        Store.Replace([.. paths.Select(path => Path.GetRelativePath(folder, path))], files);
        return new() { Segments = paths.Count, Rows = files.Where(file => file.Table == table.Family).Sum(file => file.Rows) };
    }

    // Queries open every file: a day's many small ones become one.
    private CompactorResult Merge()
    {
        var merged = 0;
        var crowded = Manifest.Read(folder).Files
            .Where(file => file.Bytes < SmallFile)
            .GroupBy(file => (file.Table, file.Date))
            .Where(group => group.Count() >= ManyFiles);
        foreach (var group in crowded)
        {
            var old = group.ToList();
            var table = RecordingTable.All.Single(table => table.Family == group.Key.Table);
            var one = Writer.Write(table, group.Key.Date, string.Join(
                " UNION ALL BY NAME ",
                old.GroupBy(file => file.Form, file => Path.Combine(folder, file.Name)).Select(RecordingTable.ReadParquet)));
            if (one.Rows != old.Sum(file => file.Rows))
            {
                throw new InvalidDataException(
                    $"Merging {old.Count} files of {group.Key.Date} made {one.Rows} rows of {old.Sum(f => f.Rows)}.");
            }

            Store.Replace([.. old.Select(file => file.Name)], [one]);
            merged += old.Count;
        }

        return new() { Merged = merged };
    }

    private CompactorResult Retire()
    {
        if (terms.RetentionDays is not { } days)
        {
            return new();
        }

        var oldest = time.GetUtcNow().UtcDateTime.Date.AddDays(-days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var old = Manifest.Read(folder).Files.Where(file => string.CompareOrdinal(file.Date, oldest) < 0).ToList();
        if (old.Count > 0)
        {
            Store.Replace([.. old.Select(file => file.Name)], []);
        }

        return new() { Retired = old.Sum(file => file.Rows) };
    }

    // What processes had no memory for that were killed.
    private void SweepTemporary()
    {
        foreach (var path in Directory.EnumerateDirectories(folder, $"{DuckDb.TemporaryPrefix}*")
            .Where(path => Directory.GetLastWriteTimeUtc(path) < time.GetUtcNow().UtcDateTime.AddDays(-1)))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}

/// <summary>How long recordings are kept.</summary>
/// <param name="RetentionDays">How many days, besides today's; null for ever.</param>
/// <param name="Grace">How long files stay that count no more, for queries that still read them.</param>
internal sealed record CompactorTerms(int? RetentionDays, TimeSpan Grace);
