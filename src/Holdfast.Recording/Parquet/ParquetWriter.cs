using System.Globalization;
using System.Security.Cryptography;
using Holdfast.Recording.Files;
using Holdfast.Recording.Segments;
using Holdfast.Recording.Sql;

namespace Holdfast.Recording.Parquet;

/// <summary>Writes Parquet, a file a table and a day. What it has written is whole and on the disk, and counts for nothing until
/// the list names it. Owns the engine that reads and writes. Used by one thread.</summary>
/// <param name="folder">The recordings' folder.</param>
internal sealed class ParquetWriter(string folder) : IDisposable
{
    // Together with the process's own memory this stays below 300 MB.
    private const long EngineBytes = 128 * 1024 * 1024;

    private DuckDb? _database;

    /// <summary>The engine that reads and writes.</summary>
    public DuckDb Database => _database ??= Start();

    /// <summary>Writes the rows of segments of one family, and those of the messages their exchanges stand for. Leaves nothing
    /// behind where it fails.</summary>
    public IReadOnlyList<ParquetFile> WriteSegments(RecordingTable table, IReadOnlyList<string> paths)
    {
        var files = new List<ParquetFile>();
        try
        {
            WriteBatch(table, paths, files);
            return files;
        }
        catch (Exception)
        {
            files.ForEach(file => File.Delete(Path.Combine(folder, file.Name)));
            throw;
        }
    }

    /// <summary>Writes rows of a day into a file that is nobody's yet.</summary>
    public ParquetFile Write(RecordingTable table, string date, string select)
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

    public void Dispose() => _database?.Dispose();

    private DuckDb Start()
    {
        var database = new DuckDb(EngineBytes, threads: 1, folder);
        database.Execute("SET preserve_insertion_order = false");
        return database;
    }

    private void WriteBatch(RecordingTable table, IReadOnlyList<string> paths, List<ParquetFile> files)
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
}
