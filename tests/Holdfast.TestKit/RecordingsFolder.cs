using System.Text;
using Holdfast.Recording;
using Holdfast.Recording.Parquet;
using Holdfast.Recording.Records;
using Holdfast.Recording.Segments;
using Holdfast.Recording.Sql;

namespace Holdfast.TestKit;

/// <summary>A home with recordings, in a folder of its own that is gone afterwards.</summary>
public sealed class RecordingsFolder : IDisposable
{
    private const long MemoryBytes = 512 * 1024 * 1024;

    /// <summary>The folder <c>HOLDFAST_HOME</c>.</summary>
    public string Home { get; } = Directory.CreateTempSubdirectory("holdfast-recordings-").FullName;

    /// <summary>Where the recordings are.</summary>
    public string Folder => RecordingFolder.In(Home);

    /// <summary>Where the segments are.</summary>
    public string Segments => RecordingFolder.SegmentsIn(Home);

    /// <summary>Writes exchanges into a segment of their own, whose writer then ends.</summary>
    public Task WriteAsync(params IEnumerable<ExchangeRecord> records) =>
        WriteLinesAsync("exchanges", records.Select(record => RecordLine.Write(record, RecordJson.Default.ExchangeRecord).ToArray()));

    /// <summary>Writes parts of messages into a segment of their own, whose writer then ends.</summary>
    public Task WriteAsync(IEnumerable<MessageRecord> parts) =>
        WriteLinesAsync("messages", parts.Select(part => RecordLine.Write(part, RecordJson.Default.MessageRecord).ToArray()));

    /// <summary>Writes lines into a segment of their own, whose writer then ends.</summary>
    public async Task WriteLinesAsync(string family, IEnumerable<byte[]> lines)
    {
        var terms = new SegmentTerms(TimeSpan.FromSeconds(1), 1024 * 1024 * 1024, TimeSpan.FromHours(1), 1024 * 1024 * 1024);
        var writer = new SegmentWriter(family, new SegmentFolder(Segments), terms, TimeProvider.System);
        foreach (var line in lines)
        {
            writer.Add(line);
        }

        await writer.StopAsync(CancellationToken.None).WithinTestTimeout();
    }

    /// <summary>Asks the recordings; a row is its values as texts, joined by <c>|</c>, NULL as <c>NULL</c>.</summary>
    public IReadOnlyList<string> Ask(string sql)
    {
        using var query = new RecordingQuery(Folder, MemoryBytes, sql);
        using var answer = query.Ask(sql, asJson: false);
        var rows = new List<string>();
        while (answer.Rows.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, answer.Columns.Count).Select(i => answer.Rows.Text(i) ?? "NULL")));
        }

        return rows;
    }

    /// <summary>Does what <c>holdfast compact</c> does; false where another one is at it.</summary>
    public bool Compact(int? retentionDays = null, TimeProvider? time = null, TimeSpan? grace = null)
    {
        using var compactor = new Compactor(Folder, new(retentionDays, grace ?? TimeSpan.FromMinutes(10)), time ?? TimeProvider.System);
        return compactor.Run() is not null;
    }

    /// <summary>The names of the files below the home in whose bytes a text stands, or in their Parquet's rows.</summary>
    public IReadOnlyList<string> FilesWith(string text)
    {
        var needle = Encoding.UTF8.GetBytes(text);
        return
        [
            .. Directory.EnumerateFiles(Home, "*", SearchOption.AllDirectories)
                .Where(path => Contains(path, needle) || (path.EndsWith(".parquet", StringComparison.Ordinal) && ParquetContains(path, text)))
                .Select(path => Path.GetRelativePath(Home, path)).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The names of all files below it, in order.</summary>
    public IReadOnlyList<string> Files() => !Directory.Exists(Folder) ? [] :
    [
        .. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path)).Order(StringComparer.Ordinal),
    ];

    // Shared with whoever writes it.
    private static bool Contains(string path, byte[] needle)
    {
        if (File.GetAttributes(path).HasFlag(FileAttributes.Directory) || path.EndsWith(".sock", StringComparison.Ordinal))
        {
            return false;
        }

        using var copy = new MemoryStream();
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            file.CopyTo(copy);
        }

        return copy.GetBuffer().AsSpan(0, (int)copy.Length).IndexOf(needle) >= 0;
    }

    // What is compressed does not show in its bytes.
    private static bool ParquetContains(string path, string text)
    {
        using var database = new DuckDb(MemoryBytes, threads: 1, Path.GetTempPath());
        return database.Scalar(
            $"SELECT count(*) FROM read_parquet({DuckDb.Quote(path)}) AS one WHERE contains(to_json(one)::VARCHAR, {DuckDb.Quote(text)})") != "0";
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
