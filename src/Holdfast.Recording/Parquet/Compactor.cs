using System.Globalization;
using System.Security.Cryptography;
using Holdfast.Recording.Files;
using Holdfast.Recording.Segments;
using Holdfast.Recording.Sql;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Recording.Parquet;

/// <summary>
/// Turns complete segments into Parquet, one file a table and a day; merges small files; drops days that are too old; deletes
/// what has not counted for a while. What is written stands aside until it is whole, the manifest then changes at once: ended
/// at any point, nothing is lost, doubled or half there. One at a time for a folder.
/// </summary>
/// <param name="folder">The recordings' folder.</param>
/// <param name="terms">How long things are kept.</param>
/// <param name="time">The time.</param>
internal sealed class Compactor(string folder, CompactorTerms terms, TimeProvider time) : IDisposable
{
    private const long MegaByte = 1024 * 1024;

    // Together with the process's own memory this stays below 300 MB.
    private const long EngineBytes = 128 * MegaByte;
    private const long BatchBytes = 32 * MegaByte;
    private const int ManyFiles = 8;
    private const long SmallFile = 24 * MegaByte;

    // What .NET makes of a file that another process has locked.
    private const int WouldBlock = 11;

    private DuckDb? _database;

    /// <summary>The engine that reads and writes.</summary>
    internal DuckDb Database => _database ??= Start();

    /// <summary>Does all there is to do; null where another process is at it.</summary>
    public CompactorResult? Run()
    {
        SegmentFolder.MakeFolder(folder);
        using var mine = TryLock(folder);
        if (mine is null)
        {
            return null;
        }

        var result = CompactSegments(out var failed);
        result += Merge();
        result += Retire();
        Sweep(time.GetUtcNow() - terms.Grace);
        SweepTemporary();
        return failed is null ? result : throw failed;
    }

    /// <summary>Takes the lock of whoever changes the files of a folder that is there; null where another one has it.</summary>
    internal static FileStream? TryLock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "compact.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException taken) when (taken.HResult == WouldBlock)
        {
            return null;
        }
    }

    /// <summary>Turns every complete segment into Parquet. Under the lock, as all that follows.</summary>
    /// <param name="failed">What went wrong first; the others were compacted all the same.</param>
    internal CompactorResult CompactSegments(out Exception? failed)
    {
        failed = null;

        // Stands before there is any Parquet: where it is missing later, somebody took it away.
        Change(manifest => manifest);
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

    public void Dispose() => _database?.Dispose();

    private DuckDb Start()
    {
        var database = new DuckDb(EngineBytes, threads: 1, folder);
        database.Execute("SET preserve_insertion_order = false");
        return database;
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
        var files = new List<ParquetFile>();
        try
        {
            Write(table, paths, files);
        }
        catch (Exception)
        {
            files.ForEach(file => File.Delete(Path.Combine(folder, file.Name)));
            throw;
        }

        var now = time.GetUtcNow();
        Change(manifest => manifest with
        {
            Files = [.. manifest.Files, .. files],
            Obsolete = [.. manifest.Obsolete, .. paths.Select(path => new ObsoleteFile(Path.GetRelativePath(folder, path), now))],
        });
        return new() { Segments = paths.Count, Rows = files.Where(file => file.Table == table.Family).Sum(file => file.Rows) };
    }

    private void Write(RecordingTable table, IReadOnlyList<string> paths, List<ParquetFile> files)
    {
        Database.Execute("DROP TABLE IF EXISTS batch CASCADE");
        Database.Execute($"CREATE OR REPLACE TEMP TABLE batch AS {RecordingViews.SelectLines(table, paths, [])}");
        WriteDays(table, "batch", files);
        if (table == RecordingTable.Exchanges)
        {
            Database.Execute(
                $"CREATE OR REPLACE TEMP VIEW derived AS WITH exchanges AS (FROM batch) "
                + ShreddedPaths.AddTo($"FROM ({EmbeddedSql.Read("views/messages-of-exchanges.sql")})"));
            WriteDays(RecordingTable.Messages, "derived", files);
        }

        Database.Execute("DROP TABLE batch CASCADE");
    }

    private void WriteDays(RecordingTable table, string source, List<ParquetFile> files)
    {
        foreach (var date in Dates(source))
        {
            files.Add(Write(table, date, $"SELECT * FROM {source} WHERE date = {DuckDb.Quote(date)}"));
        }
    }

    private List<string> Dates(string source)
    {
        var dates = new List<string>();
        using var rows = Database.Query($"SELECT DISTINCT date FROM {source} WHERE date IS NOT NULL ORDER BY 1");
        while (rows.Read())
        {
            dates.Add(rows.Text(0)!);
        }

        return dates;
    }

    /// <summary>Writes rows of a day into a file that is nobody's yet.</summary>
    internal ParquetFile Write(RecordingTable table, string date, string select)
    {
        SegmentFolder.MakeFolder(Path.Combine(folder, Manifest.ParquetFolder));
        SegmentFolder.MakeFolder(Path.Combine(folder, Manifest.ParquetFolder, table.Family));
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var name = $"{Manifest.ParquetFolder}/{table.Family}/{date}-{id}.parquet";
        var path = Path.Combine(folder, name);
        var next = $"{path}.next";
        Database.Execute(
            $"COPY (({table.Nothing}) UNION ALL BY NAME ({select})) TO {DuckDb.Quote(next)} "
            + "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 30720, ROW_GROUP_SIZE_BYTES '16MB')");
        var rows = long.Parse(
            Database.Scalar($"SELECT num_rows FROM parquet_file_metadata({DuckDb.Quote(next)})")!, CultureInfo.InvariantCulture);
        using (var file = File.OpenHandle(next, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        SegmentFolder.Hide(next);
        File.Move(next, path);
        return new(table.Family, date, name, rows, new FileInfo(path).Length, table.Form);
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
            var one = Write(table, group.Key.Date, string.Join(
                " UNION ALL BY NAME ",
                old.GroupBy(file => file.Form, file => Path.Combine(folder, file.Name)).Select(RecordingTable.ReadParquet)));
            if (one.Rows != old.Sum(file => file.Rows))
            {
                throw new InvalidDataException($"Merging {old.Count} files of {group.Key.Date} made {one.Rows} rows of {old.Sum(f => f.Rows)}.");
            }

            Replace(old, [one]);
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
            Replace(old, []);
        }

        return new() { Retired = old.Sum(file => file.Rows) };
    }

    /// <summary>Lets files count in the place of others, at once.</summary>
    internal void Replace(IReadOnlyList<ParquetFile> old, IReadOnlyList<ParquetFile> files)
    {
        var now = time.GetUtcNow();
        Change(manifest => manifest with
        {
            Files = [.. manifest.Files.Except(old), .. files],
            Obsolete = [.. manifest.Obsolete, .. old.Select(file => new ObsoleteFile(file.Name, now))],
        });
    }

    /// <summary>Deletes what has not counted since then, and what was left by a process that was ended.</summary>
    internal void Sweep(DateTimeOffset before)
    {
        var manifest = Manifest.Read(folder);
        var due = manifest.Obsolete.Where(file => file.Since <= before).ToList();
        foreach (var file in due)
        {
            File.Delete(Path.Combine(folder, file.Name));
        }

        if (due.Count > 0)
        {
            Change(list => list with { Obsolete = [.. list.Obsolete.Except(due)] });
        }

        var known = manifest.Files.Select(file => file.Name).Concat(manifest.Obsolete.Select(file => file.Name))
            .ToHashSet(StringComparer.Ordinal);
        var parquet = Path.Combine(folder, Manifest.ParquetFolder);
        if (Directory.Exists(parquet))
        {
            foreach (var path in Directory.EnumerateFiles(parquet, "*", SearchOption.AllDirectories)
                .Where(path => !known.Contains(Path.GetRelativePath(folder, path))))
            {
                File.Delete(path);
            }
        }
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

    private void Change(Func<Manifest, Manifest> change) => change(Manifest.Read(folder)).Write(folder);
}

/// <summary>How long recordings are kept.</summary>
/// <param name="RetentionDays">How many days, besides today's; null for ever.</param>
/// <param name="Grace">How long files stay that count no more, for queries that still read them.</param>
internal sealed record CompactorTerms(int? RetentionDays, TimeSpan Grace);

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
